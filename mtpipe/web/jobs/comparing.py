"""Jobs that align two versions of a text: the same alignment in every form that files have."""

from typing import Any

import mtpipe
from mtpipe.report.alignment_lines import alignment_lines
from mtpipe.types import Article
from mtpipe.types.choices import AlignmentFormat
from mtpipe.web.jobs.reading import Given
from mtpipe.web.jobs.results import keep
from mtpipe.web.jobs.task import Order

__all__ = ["align"]

_FILES = {
    "alignment.html": AlignmentFormat.HTML,
    "alignment.jsonl": AlignmentFormat.JSONL,
    "alignment.tsv": AlignmentFormat.TSV,
    "alignment.tmx": AlignmentFormat.TMX,
    "alignment.vecalign.txt": AlignmentFormat.VECALIGN,
}


def align(order: Order) -> dict[str, Any]:
    """Align two texts.

    Returns:
        Counts, languages, and how alike the links are on average.
    """
    sides = [order.given("source"), order.given("target")]
    texts = [_text(side) for side in sides]
    order.progress(0, 2, "aligning")
    options = {name: order.request[name] for name in ("max_bead", "min_score") if name in order.request}  # fmt: skip
    result = mtpipe.align(
        texts[0],
        texts[1],
        languages=(_language(sides[0]), _language(sides[1])),
        names=(_name(sides[0], "source"), _name(sides[1], "target")),
        **options,
    )
    order.progress(1, 2, "writing")
    for name, form in _FILES.items():
        keep(order.folder, name, "".join(f"{line}\n" for line in alignment_lines(result, form)))
    beads, sides_found = result.alignment.beads, (result.source, result.target)
    return {
        "beads": len(beads),
        "links": sum(not bead.is_null for bead in beads),
        "only_source": sum(not bead.target for bead in beads),
        "only_target": sum(not bead.source for bead in beads),
        "moves": len(result.alignment.moves),
        "source_language": sides_found[0].language,
        "target_language": sides_found[1].language,
        "mean_score": round(result.mean_score, 4),
    }


def _text(side: Given) -> Article | list[str]:
    texts = side.sentences()
    return side.article() if texts is None else texts


def _language(side: Given) -> str | None:
    return side.sources[0].get("language")


def _name(side: Given, otherwise: str) -> str:
    source = side.sources[0]
    name = source.get("id") or source.get("url") or source["upload"]
    return otherwise if source.get("sentences") else str(name)
