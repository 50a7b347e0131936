"""Both articles side by side as a page shows them, with our own translation between the lines."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from mtpipe.report.beads import BeadRow, Closeness, bead_rows
from mtpipe.report.detection.agreement import Agreement, compare_names, compare_numbers
from mtpipe.report.detection.runs import Piece, shared_runs
from mtpipe.types import Comparison, Language

__all__ = ["BeadView", "ComparisonView", "Sentences", "comparison_view"]

Sentences = tuple[tuple[int, tuple[Piece, ...]], ...]
"""Numbers, from 0, of sentences, and their pieces."""


@dataclass(frozen=True, slots=True)
class BeadView:
    """A row: the sentences of both sides, and the translation of the original's."""

    row: BeadRow
    original: Sentences
    candidate: Sentences
    translation: Sentences


@dataclass(frozen=True, slots=True)
class ComparisonView:
    """The comparison.

    Attributes:
        rows: one a bead.
        counts: rows of each closeness.
        numbers: which stand in both articles.
        names: likewise.
        shared: share of the candidate's words in shared runs, 0..1; None where there is nothing
            that they could be shared with.
        is_copy: whether both are of one language, so that runs are shared with the original
            itself and not with its translation.
    """

    rows: tuple[BeadView, ...]
    counts: dict[Closeness, int]
    numbers: Agreement
    names: Agreement
    shared: float | None
    is_copy: bool

    @property
    def has_translations(self) -> bool:
        """Whether there is a translation of ours to show."""
        return any(view.translation for view in self.rows)


def comparison_view(comparison: Comparison, languages: tuple[Language, Language]) -> ComparisonView:
    """Make the rows; ``languages`` are the original's and the candidate's."""
    is_copy = languages[0] is languages[1]
    ours = comparison.original if is_copy else comparison.translations
    rows = bead_rows(comparison.alignment, comparison.original, comparison.candidate)
    views = []
    shared = words = 0
    for row in rows:
        sources, targets = _counterparts(row, comparison)
        runs = shared_runs(
            [ours[i] for i in sources] if ours else [], [comparison.candidate[j] for j in targets]
        )
        plain = tuple((i, (Piece(text),)) for i, text in row.source)
        first = tuple(zip(sources, runs.first, strict=True)) if ours and row.source else ()
        second = tuple(zip(targets, runs.second, strict=True)) if row.target else ()
        views.append(BeadView(row, first if is_copy else plain, second, () if is_copy else first))
        if row.target:
            shared, words = shared + runs.shared, words + runs.words
    counts = Counter(row.closeness for row in rows)
    return ComparisonView(
        tuple(views),
        {closeness: counts[closeness] for closeness in Closeness},
        compare_numbers(comparison.original, comparison.candidate, languages),
        compare_names(comparison.original, comparison.candidate, languages),
        shared / words if ours and words else None,
        is_copy,
    )


def _counterparts(row: BeadRow, comparison: Comparison) -> tuple[Sequence[int], Sequence[int]]:
    """The sentences whose words are compared in a row: its own, or those at a move's other end."""
    sources, targets = [i for i, _ in row.source], [j for j, _ in row.target]
    if row.move is None:
        return sources, targets
    move = comparison.alignment.moves[row.move]
    return sources or list(move.source), targets or list(move.target)
