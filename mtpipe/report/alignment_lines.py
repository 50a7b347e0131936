"""Alignments as text for other programs: JSON lines, TSV, TMX and Vecalign's format.

Not for people: the terminal's table is in :mod:`mtpipe.cli.align_output`, the page in
:mod:`mtpipe.report.alignment`.
"""

import json
from collections.abc import Iterator, Sequence

from mtpipe import tmx
from mtpipe.report.alignment import alignment_page
from mtpipe.report.tsv import tsv_line
from mtpipe.types import Alignment, Language
from mtpipe.types.alignment import AlignedDocuments
from mtpipe.types.choices import AlignmentFormat


def alignment_lines(aligned: AlignedDocuments, form: AlignmentFormat) -> Iterator[str]:
    """An alignment as text, line by line without the line breaks.

    Args:
        aligned: both sides and their alignment.
        form: any but the terminal's table.

    Raises:
        ValueError: it is the table.
    """
    alignment = aligned.alignment
    texts = aligned.source.sentences, aligned.target.sentences
    languages = aligned.source.language, aligned.target.language
    if form is AlignmentFormat.VECALIGN:
        return vecalign_lines(alignment)
    if form is AlignmentFormat.JSONL:
        return jsonl_lines(alignment, *texts)
    if form is AlignmentFormat.TSV:
        return tsv_lines(alignment, *texts)
    if form is AlignmentFormat.TMX:
        return tmx_lines(alignment, *texts, languages=languages)
    if form is AlignmentFormat.HTML:
        names = aligned.source.name, aligned.target.name
        return iter([alignment_page(alignment, *texts, names=names, languages=languages)])
    raise ValueError(f"{form} isn't text")


def vecalign_lines(alignment: Alignment) -> Iterator[str]:
    """``[0]:[0, 1]:0.97``: sentence numbers of both sides and the score, one line per bead."""
    for bead in alignment.beads:
        yield f"{list(bead.source)}:{list(bead.target)}:{bead.score:g}"


def jsonl_lines(
    alignment: Alignment, source: Sequence[str], target: Sequence[str]
) -> Iterator[str]:
    """One object per bead, then one per moved block; ``kind`` says which it is."""
    for kind, links in (("bead", alignment.beads), ("move", alignment.moves)):
        for link in links:
            yield json.dumps(
                {
                    "kind": kind,
                    "source": list(link.source),
                    "target": list(link.target),
                    "score": link.score,
                    "source_text": [source[i] for i in link.source],
                    "target_text": [target[j] for j in link.target],
                },
                ensure_ascii=False,
            )


def tsv_lines(alignment: Alignment, source: Sequence[str], target: Sequence[str]) -> Iterator[str]:
    """Source text, target text and score of each bead; an empty side is empty."""
    for bead in alignment.beads:
        yield tsv_line(
            (
                _joined(source, bead.source),
                _joined(target, bead.target),
                f"{bead.score:g}",
            )
        )


def _joined(texts: Sequence[str], numbers: range) -> str:
    """The sentences of a side, without empty lines that stand between them."""
    return " ".join(texts[number] for number in numbers if texts[number].strip())


def tmx_lines(
    alignment: Alignment,
    source: Sequence[str],
    target: Sequence[str],
    *,
    languages: tuple[Language | None, Language | None],
) -> Iterator[str]:
    """A TMX document of the beads with two sides; an unknown language is ``und``."""
    source_code, target_code = (language.value if language else "und" for language in languages)
    yield from tmx.opening(source_code).splitlines()
    for bead in alignment.beads:
        if not bead.is_null:
            variants = [
                (source_code, _joined(source, bead.source)),
                (target_code, _joined(target, bead.target)),
            ]
            yield tmx.unit(variants, properties={"score": f"{bead.score:g}"}).removesuffix("\n")
    yield from tmx.ENDING.splitlines()
