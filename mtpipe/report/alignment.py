"""An alignment as an HTML page that stands alone: both sides, what links them, gaps, moves."""

from collections.abc import Sequence

from mtpipe.report.beads import bead_rows
from mtpipe.report.pages import render
from mtpipe.types import Alignment, Language

__all__ = ["alignment_page"]


def alignment_page(
    alignment: Alignment,
    source: Sequence[str],
    target: Sequence[str],
    *,
    names: tuple[str, str],
    languages: tuple[Language | None, Language | None] = (None, None),
) -> str:
    """Render the page.

    Args:
        alignment: of the two sides.
        source: sentences of one side.
        target: sentences of the other.
        names: of both sides, for the headings.
        languages: of both sides, for screen readers and hyphenation.
    """
    return render(
        "alignment.html.j2",
        rows=bead_rows(alignment, source, target),
        names=names,
        languages=[language.value if language else "und" for language in languages],
        sentences=(len(source), len(target)),
        links=sum(not bead.is_null for bead in alignment.beads),
        deletions=sum(not bead.target for bead in alignment.beads),
        insertions=sum(not bead.source for bead in alignment.beads),
        moves=alignment.moves,
    )
