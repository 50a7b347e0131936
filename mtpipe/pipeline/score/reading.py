"""Columns of segments that belong together, read from files and checked against each other."""

import hashlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

from mtpipe.errors import InputError, UnsupportedDirection
from mtpipe.report.scores import ScoredInput
from mtpipe.scoring.inputs import Input, Role
from mtpipe.scoring.segments import SOURCE_FIELDS, read_segments
from mtpipe.scoring.wmt import WmtSet, read_wmt
from mtpipe.types import Direction

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Material:
    """What is to be scored; every sequence has one entry per segment.

    Attributes:
        systems: hypotheses by the system's name.
        references: one or more reference translations; none for reference-free scores.
        source: the source segments, or None.
        labels: what is known of each segment: kind (``document``, ``domain``, ...) to values.
        direction: of the translation, where it is known.
        inputs: where all this comes from.
    """

    systems: dict[str, tuple[str, ...]]
    references: tuple[tuple[str, ...], ...] = ()
    source: tuple[str, ...] | None = None
    labels: dict[str, tuple[str, ...]] = field(default_factory=dict)
    direction: Direction | None = None
    inputs: tuple[ScoredInput, ...] = ()

    @property
    def segments(self) -> int:
        """How many segments there are."""
        return len(next(iter(self.systems.values())))


@dataclass(frozen=True, slots=True)
class Texts:
    """Segments that the caller has in memory.

    Attributes:
        name: in results and messages.
        texts: the segments.
    """

    name: str
    texts: tuple[str, ...]

    def __str__(self) -> str:
        return self.name


Given = Input | Texts
"""A file, or segments in memory."""


@dataclass(slots=True)
class _Column:
    role: Role
    name: str
    path: str
    texts: tuple[str, ...]


class Reading:
    """Collects columns of one length.

    Args:
        direction: of the translation, where the caller knows it.
    """

    def __init__(self, direction: Direction | None) -> None:
        self._columns: list[_Column] = []
        self._labels: dict[str, tuple[str, ...]] = {}
        self._label_paths: dict[str, str] = {}
        self._direction = direction
        self._wmt: dict[str, WmtSet] = {}

    def read(
        self,
        hypotheses: Sequence[Given],
        references: Sequence[Given],
        source: Given | None,
        labels: Mapping[str, Given],
    ) -> Material:
        """Put everything together.

        Raises:
            InputError: a file can't be read, or two columns differ in length.
        """
        files = [each for each in (*hypotheses, *references) if isinstance(each, Input)]
        others = [each for each in (source, *labels.values()) if isinstance(each, Input)]
        if [str(each.path) for each in (*files, *others)].count("-") > 1:
            raise InputError("only one file can be standard input")
        for each in references:
            self._reference(each)
        for each in hypotheses:
            self._hypothesis(each, with_references=not references)
        if source is not None:
            self._source(source)
        elif not self._of(Role.SOURCE):
            self._source_beside(files)
        for kind, entry in labels.items():
            self._labels[kind] = (
                entry.texts if isinstance(entry, Texts) else read_segments(entry, Role.SOURCE).texts
            )
            self._label_paths[kind] = str(entry)
        self._check()
        sources = self._of(Role.SOURCE)
        return Material(
            systems={column.name: column.texts for column in self._of(Role.HYPOTHESIS)},
            references=tuple(column.texts for column in self._of(Role.REFERENCE)),
            source=sources[0].texts if sources else None,
            labels=self._labels,
            direction=self._direction,
            inputs=tuple(_scored_input(column) for column in self._columns),
        )

    def _of(self, role: Role) -> list[_Column]:
        return [column for column in self._columns if column.role is role]

    def _add(self, role: Role, name: str, entry: Given | str, texts: tuple[str, ...]) -> None:
        self._columns.append(_Column(role, name, str(entry), texts))

    def _reference(self, entry: Given) -> None:
        if isinstance(entry, Texts):
            self._add(Role.REFERENCE, entry.name, entry, entry.texts)
        elif entry.form == "xml":
            wmt = self._wmt_set(entry)
            self._references_of(wmt, entry)
            self._background_of(wmt, entry)
        else:
            segments = read_segments(entry, Role.REFERENCE)
            self._add(Role.REFERENCE, entry.name, entry, segments.texts)
            self._labels = {**segments.labels, **self._labels}

    def _hypothesis(self, entry: Given, *, with_references: bool) -> None:
        if isinstance(entry, Texts):
            self._add(Role.HYPOTHESIS, entry.name, entry, entry.texts)
            return
        if entry.form != "xml":
            segments = read_segments(entry, Role.HYPOTHESIS)
            self._add(Role.HYPOTHESIS, entry.name, entry, segments.texts)
            self._labels = {**segments.labels, **self._labels}
            return
        wmt = self._wmt_set(entry)
        if entry.part is not None and entry.part not in wmt.systems:
            raise InputError(
                f"{entry.path} has no system {entry.part!r}",
                hint=f"it has {', '.join(wmt.systems) or 'none'}",
            )
        if not wmt.systems:
            raise InputError(
                f"{entry.path} has no system's output",
                hint=f"mtpipe score OUTPUT -r {entry.path}",
            )
        for name in [entry.part] if entry.part is not None else wmt.systems:
            own = entry.part is None or entry.name == f"{entry.path.name}:{name}"
            self._add(
                Role.HYPOTHESIS,
                name if own else entry.name,
                f"{entry.path}:{name}",
                wmt.systems[name],
            )
        if not self._of(Role.SOURCE):
            self._background_of(wmt, entry)
        if with_references and not self._of(Role.REFERENCE):
            self._references_of(wmt, Input(entry.path, None, entry.name))

    def _references_of(self, wmt: WmtSet, entry: Input) -> None:
        if entry.part is not None and entry.part not in wmt.references:
            raise InputError(
                f"{entry.path} has no reference by {entry.part!r}",
                hint=f"it has {', '.join(wmt.references) or 'none'}",
            )
        for name in [entry.part] if entry.part is not None else wmt.references:
            self._add(
                Role.REFERENCE, name or "reference", f"{entry.path}:{name}", wmt.references[name]
            )

    def _background_of(self, wmt: WmtSet, entry: Input) -> None:
        self._add(Role.SOURCE, "source", f"{entry.path}", wmt.source)
        self._labels = {**wmt.labels, **self._labels}
        if self._direction is None:
            try:
                self._direction = Direction.parse("-".join(wmt.direction))
            except (UnsupportedDirection, ValueError):
                _log.info("%s is %s-%s", entry.path, *wmt.direction)

    def _wmt_set(self, entry: Input) -> WmtSet:
        key = str(entry.path)
        if key not in self._wmt:
            self._wmt[key] = read_wmt(entry)
        return self._wmt[key]

    def _source(self, entry: Given) -> None:
        if isinstance(entry, Texts):
            texts = entry.texts
        elif entry.form == "xml":
            texts = self._wmt_set(entry).source
        else:
            texts = read_segments(entry, Role.SOURCE).texts
        self._columns = [column for column in self._columns if column.role is not Role.SOURCE]
        self._add(Role.SOURCE, "source", entry, texts)

    def _source_beside(self, given: Sequence[Input]) -> None:
        """Take sources that stand beside the hypotheses, as in what ``translate`` writes.

        Only from fields that say so: ``text``, which a file of sources may have, is what was read
        as the hypothesis or reference already.
        """
        for entry, field_name in product(given, SOURCE_FIELDS):
            if entry.form == "jsonl" and str(entry.path) != "-":
                try:
                    self._source(Input(entry.path, field_name, "source"))
                except InputError:
                    continue
                return

    def _check(self) -> None:
        hypotheses = self._of(Role.HYPOTHESIS)
        names = [column.name for column in hypotheses]
        for name in names:
            if names.count(name) > 1:
                raise InputError(f"two systems are called {name}", hint="name them: a=FILE b=OTHER")
        first = (self._of(Role.REFERENCE) or hypotheses)[0]
        lengths = [(column.path, len(column.texts)) for column in self._columns]
        lengths += [
            (self._label_paths[kind], len(self._labels[kind])) for kind in self._label_paths
        ]
        for path, length in lengths:
            if length != len(first.texts):
                raise InputError(
                    f"{path} has {length} segments, but {first.path} has {len(first.texts)}",
                    hint="line n of every file has to be the same segment",
                )
        self._warn()
        # What one file says of its segments goes only with files of the same length.
        self._labels = {
            kind: values for kind, values in self._labels.items() if len(values) == len(first.texts)
        }

    def _warn(self) -> None:
        """Warn of what can be scored, but is hardly what was meant."""
        references = self._of(Role.REFERENCE)
        columns = {c.path: c for c in (*references, *self._of(Role.HYPOTHESIS))}
        for column in columns.values():
            empty = [i for i, text in enumerate(column.texts, 1) if not text.strip()]
            if empty:
                _log.warning(
                    "%s: %d of %d segments are empty, the first of them is %d",
                    *(column.path, len(empty), len(column.texts), empty[0]),
                )
        for column in self._of(Role.HYPOTHESIS):
            for reference in references:
                if column.texts == reference.texts:
                    _log.warning(
                        "%s is scored as a system, but is the same text as the reference %s; "
                        "each reference needs a --reference of its own",
                        *(column.path, reference.path),
                    )
                    break


def _scored_input(column: _Column) -> ScoredInput:
    digest = hashlib.sha256()
    for text in column.texts:
        digest.update(f"{text}\n".encode("utf-8", "surrogatepass"))
    return ScoredInput(
        column.role.value, column.name, column.path, len(column.texts), digest.hexdigest()
    )
