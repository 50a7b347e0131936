"""Strict and lax precision, recall and F1 of an alignment against a gold one, as Vecalign counts.

A bead is strictly right if the gold alignment has exactly it, laxly right if it shares at least
one source-target sentence pair with the gold alignment. Null beads (one side empty) count for
precision, not for recall. Counts are added up over files before anything is divided (micro
average). Thompson and Koehn 2019, https://aclanthology.org/D19-1136.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from mtpipe.errors import InputError, MalformedRecord
from mtpipe.types.alignment import AlignmentEvaluation, AlignmentQuality, ShapeFigures

_LIST = r"\[ *(?:\d{1,9}(?: *, *\d{1,9})*)? *\]"
_LINE = re.compile(rf"(?P<source>{_LIST}) *: *(?P<target>{_LIST})(?: *:.*)?", re.ASCII)

IndexBead = tuple[tuple[int, ...], tuple[int, ...]]
"""Sentence numbers of both sides, from 0."""


@dataclass
class Tally:
    """Counts over any number of documents.

    Attributes:
        found: beads of the test alignment.
        found_strict: those that are gold beads.
        found_lax: those that share a sentence pair with the gold alignment.
        wanted: gold beads with both sides.
        wanted_strict: those that the test alignment has.
        wanted_lax: those that share a sentence pair with the test alignment.
        by_shape: of each bead type ``(source sentences, target sentences)`` its numbers of
            found, gold and strictly right beads.
    """

    found: int = 0
    found_strict: int = 0
    found_lax: int = 0
    wanted: int = 0
    wanted_strict: int = 0
    wanted_lax: int = 0
    by_shape: dict[tuple[int, int], Counter[str]] = field(
        default_factory=lambda: defaultdict(Counter)
    )

    def add(self, test: Iterable[IndexBead], gold: Iterable[IndexBead]) -> None:
        """Count one document."""
        test, gold = _as_set(test), _as_set(gold)
        test_pairs, gold_pairs = _sentence_pairs(test), _sentence_pairs(gold)
        self.found += len(test)
        self.found_strict += len(test & gold)
        self.found_lax += sum(bead in gold or _touches(bead, gold_pairs) for bead in test)
        full = {bead for bead in gold if all(bead)}
        self.wanted += len(full)
        self.wanted_strict += len(full & test)
        self.wanted_lax += sum(_touches(bead, test_pairs) for bead in full)
        for beads, name in ((test, "found"), (gold, "gold"), (test & gold, "right")):
            for source, target in beads:
                self.by_shape[len(source), len(target)][name] += 1

    @property
    def strict(self) -> AlignmentQuality:
        """Exactly the gold beads count."""
        return AlignmentQuality(
            _ratio(self.found_strict, self.found), _ratio(self.wanted_strict, self.wanted)
        )

    @property
    def lax(self) -> AlignmentQuality:
        """Beads that overlap with gold on both sides count."""
        return AlignmentQuality(
            _ratio(self.found_lax, self.found), _ratio(self.wanted_lax, self.wanted)
        )

    def shapes(self) -> list[tuple[int, int]]:
        """The bead types that occur, the most frequent of the gold alignment first."""
        return sorted(self.by_shape, key=lambda shape: (-self.by_shape[shape]["gold"], shape))

    def strict_of(self, source: int, target: int) -> AlignmentQuality:
        """Strict quality of one bead type."""
        return self._shape(source, target).quality

    def _shape(self, source: int, target: int) -> ShapeFigures:
        counts = self.by_shape[source, target]
        return ShapeFigures(source, target, counts["gold"], counts["found"], counts["right"])

    @property
    def evaluation(self) -> AlignmentEvaluation:
        """All figures."""
        shapes = tuple(self._shape(*shape) for shape in self.shapes())
        return AlignmentEvaluation(self.strict, self.lax, shapes)


def read_beads(path: Path) -> list[IndexBead]:
    """Read an alignment in Vecalign's format, ``[0]:[0, 1]`` or ``[0]:[0, 1]:0.97`` per line.

    Raises:
        InputError: the file can't be read.
        MalformedRecord: a line isn't of this form.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as exc:
        raise InputError(f"can't read the alignment {path}: {exc}") from exc
    beads = []
    for number, line in enumerate(lines, start=1):
        if line.strip():
            match = _LINE.fullmatch(line.strip())
            if not match:
                raise MalformedRecord(path, number, "isn't of the form [0]:[0, 1]")
            beads.append((_indices(match["source"]), _indices(match["target"])))
    return beads


def _indices(text: str) -> tuple[int, ...]:
    return tuple(sorted(map(int, re.findall(r"\d+", text))))


def _as_set(beads: Iterable[IndexBead]) -> set[IndexBead]:
    return {(source, target) for source, target in beads if source or target}


def _sentence_pairs(beads: Iterable[IndexBead]) -> set[tuple[int, int]]:
    return {(i, j) for source, target in beads for i in source for j in target}


def _touches(bead: IndexBead, pairs: set[tuple[int, int]]) -> bool:
    source, target = bead
    return any((i, j) in pairs for i in source for j in target)


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
