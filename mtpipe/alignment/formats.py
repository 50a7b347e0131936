"""Alignments as text for other programs: JSON lines, TSV, TMX and Vecalign's format.

Not for people: the terminal's table is in :mod:`mtpipe.cli.align`, the page in
:mod:`mtpipe.report.alignment`.
"""

import json
import re
from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape, quoteattr

from mtpipe.cells import inert
from mtpipe.types import Alignment, Language

# What XML 1.0 can't hold, not even escaped.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_BREAKS = re.compile(r"[\t\n\r\v\f\x1c-\x1e\x85\u2028\u2029]+")


def vecalign_lines(alignment: Alignment) -> Iterator[str]:
    """``[0]:[0, 1]:0.97``: sentence numbers of both sides and the score, a line for each bead."""
    for bead in alignment.beads:
        yield f"{list(bead.source)}:{list(bead.target)}:{bead.score:g}"


def jsonl_lines(
    alignment: Alignment, source: Sequence[str], target: Sequence[str]
) -> Iterator[str]:
    """An object for each bead, then one for each moved block, told apart by ``kind``."""
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
    """Source text, target text and score of each bead, joined by tabs; an empty side is empty.

    What a spreadsheet would run as a formula has an apostrophe in front, see :mod:`mtpipe.cells`.
    """
    for bead in alignment.beads:
        cells = (
            " ".join(source[i] for i in bead.source),
            " ".join(target[j] for j in bead.target),
        )
        yield "\t".join([*(inert(_BREAKS.sub(" ", cell)) for cell in cells), f"{bead.score:g}"])


def tmx_lines(
    alignment: Alignment,
    source: Sequence[str],
    target: Sequence[str],
    *,
    languages: tuple[Language | None, Language | None],
    version: str,
) -> Iterator[str]:
    """A TMX 1.4b document of the beads with two sides; an unknown language is ``und``."""
    source_code, target_code = (language.value if language else "und" for language in languages)
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield '<tmx version="1.4">'
    yield (
        f'<header creationtool="mtpipe" creationtoolversion={quoteattr(version)} '
        'segtype="sentence" o-tmf="mtpipe" adminlang="en" datatype="plaintext" '
        f'srclang="{source_code}"/>'
    )
    yield "<body>"
    for bead in alignment.beads:
        if not bead.is_null:
            texts = (
                (source_code, " ".join(source[i] for i in bead.source)),
                (target_code, " ".join(target[j] for j in bead.target)),
            )
            units = "".join(
                f'<tuv xml:lang="{code}"><seg>{escape(_NOT_XML.sub("", text))}</seg></tuv>'
                for code, text in texts
            )
            yield f'<tu><prop type="score">{bead.score:g}</prop>{units}</tu>'
    yield "</body>"
    yield "</tmx>"
