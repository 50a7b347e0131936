"""What is to be scored: hypotheses, references, sources and labels, in memory or in files."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from mtpipe.errors import InputError
from mtpipe.pipeline.score.reading import Given, Material, Reading, Texts
from mtpipe.scoring.inputs import Input
from mtpipe.types import Direction

__all__ = [
    "Labels",
    "Material",
    "References",
    "Segments",
    "Systems",
    "read_material",
    "require_no_input",
]

Segments = Sequence[str] | Path
"""Segments, or the file that they are in: ``[NAME=]FILE[:PART]``, ``-`` for standard input."""

Systems = Segments | Mapping[str, Segments] | Sequence[Path]
"""Segments of one system, or those of several by name, or files."""

References = Segments | Sequence[Segments]
"""Segments of one reference or of several, in memory or in files."""

Labels = Mapping[str, Segments]
"""Kind of label to one label per segment."""


def read_material(
    hypotheses: Systems,
    references: References = (),
    *,
    source: Segments | None = None,
    labels: Labels | None = None,
    direction: Direction | None = None,
) -> Material:
    """Bring together what belongs together.

    A WMT XML file among the references brings sources and labels with it; one among the
    hypotheses brings its systems and, if there is no other, its references.

    Args:
        hypotheses: the output of systems.
        references: reference translations.
        source: the sources.
        labels: kind of label to one label per segment.
        direction: of the translation.

    Raises:
        InputError: a file can't be read, or two have different numbers of segments.
        TypeError: a text stands where segments should.
    """
    return Reading(direction).read(
        _systems(hypotheses),
        _references(references),
        None if source is None else _given(source, "source"),
        {kind: _given(values, kind) for kind, values in (labels or {}).items()},
    )


def require_no_input(
    output: Path,
    hypotheses: Systems,
    references: References = (),
    source: Segments | None = None,
    labels: Labels | None = None,
) -> None:
    """Complain if a file that is to be written is one of those that are read.

    Args:
        output: where scores go.
        hypotheses: see :func:`read_material`.
        references: likewise.
        source: likewise.
        labels: likewise.

    Raises:
        InputError: it is, by whatever path.
    """
    given = [*_systems(hypotheses), *_references(references)]
    given += [] if source is None else [_given(source, "source")]
    given += [_given(values, kind) for kind, values in (labels or {}).items()]
    for path in (each.path for each in given if isinstance(each, Input)):
        if output.exists() and path.exists() and path.samefile(output):
            raise InputError(
                f"{output} is read, and would be overwritten", hint="choose another --output"
            )


def _systems(hypotheses: Systems) -> list[Given]:
    if isinstance(hypotheses, Mapping):
        return [_given(each, name, renamed=True) for name, each in hypotheses.items()]
    if isinstance(hypotheses, Path) or not _are_files(hypotheses):
        return [_given(hypotheses, "system")]
    return [_given(each, "system") for each in hypotheses]


def _references(references: References) -> list[Given]:
    if isinstance(references, Path):
        return [_given(references, "reference")]
    _refuse_text(references)
    if not len(references):
        return []
    if all(isinstance(each, str) for each in references):
        return [_given(references, "reference")]
    names = [f"reference {number}" for number in range(1, len(references) + 1)]
    return [_given(each, name) for each, name in zip(references, names, strict=True)]


def _are_files(segments: Sequence[str] | Sequence[Path]) -> bool:
    _refuse_text(segments)
    return bool(len(segments)) and all(isinstance(each, Path) for each in segments)


def _given(segments: object, name: str, *, renamed: bool = False) -> Given:
    """A column.

    Args:
        segments: texts or a file.
        name: of the segments; of a file only if ``renamed``.
        renamed: whether a file has this name in results, too.
    """
    if isinstance(segments, Path):
        entry = Input.parse(str(segments))
        return Input(entry.path, entry.part, name) if renamed else entry
    _refuse_text(segments)
    if not isinstance(segments, Iterable):
        raise TypeError(f"{name} is neither segments nor a Path")
    texts = tuple(segments)
    if not all(isinstance(text, str) for text in texts):
        raise TypeError(f"{name} has segments that aren't text")
    if not texts:
        raise InputError(f"{name} has no segments")
    return Texts(name, texts)


def _refuse_text(segments: object) -> None:
    if isinstance(segments, str):
        raise TypeError("a list of segments is needed, or a Path, not a single text")
