"""An alignment as an HTML page that stands alone: both sides, what links them, gaps, moves.

It loads nothing from anywhere and runs no script.
"""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from mtpipe.types import Alignment, Bead, Language

if TYPE_CHECKING:
    from jinja2 import Template

_TEMPLATE = Path(__file__).with_name("page.html.j2")


def html_page(
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
    moved_from = {i: number for number, move in enumerate(alignment.moves) for i in move.source}
    moved_to = {j: number for number, move in enumerate(alignment.moves) for j in move.target}
    rows = [
        {
            "source": [(i, source[i]) for i in bead.source],
            "target": [(j, target[j]) for j in bead.target],
            "score": bead.score,
            "kind": _kind(bead),
            "moved_from": moved_from.get(bead.source[0]) if not bead.target else None,
            "moved_to": moved_to.get(bead.target[0]) if not bead.source else None,
        }
        for bead in alignment.beads
    ]
    # The first row of a moved block carries the anchor that the other end links to.
    for side in ("moved_from", "moved_to"):
        seen: set[int] = set()
        for row in rows:
            row[f"{side}_first"] = row[side] is not None and row[side] not in seen
            if isinstance(number := row[side], int):
                seen.add(number)
    return _template().render(
        rows=rows,
        names=names,
        languages=[language.value if language else "und" for language in languages],
        sentences=(len(source), len(target)),
        links=sum(not bead.is_null for bead in alignment.beads),
        deletions=sum(not bead.target for bead in alignment.beads),
        insertions=sum(not bead.source for bead in alignment.beads),
        moves=alignment.moves,
    )


def _kind(bead: Bead) -> str:
    if bead.is_null:
        return "deletion" if bead.source else "insertion"
    return "high" if bead.score >= 0.6 else "middle" if bead.score >= 0.35 else "low"


@cache
def _template() -> "Template":
    from jinja2 import Environment, StrictUndefined  # noqa: PLC0415 - only for this format

    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string(_TEMPLATE.read_text(encoding="utf-8"))
