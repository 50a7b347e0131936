"""What workers do for pages: cut them into runs of text, and translate runs with markup in them.

Here, and nowhere in the process that answers requests, a page is read. Runs without markup are
translated like any text, together with other requests' (:mod:`mtpipe.web.workers.coalescing`).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from mtpipe.errors import InputError
from mtpipe.types import (
    Article,
    Block,
    BlockKind,
    Failure,
    Language,
    Markup,
    Place,
    Span,
    TranslatedBlock,
)
from mtpipe.web.libretranslate.elements import cut
from mtpipe.web.libretranslate.placing import Rendering, needs_matching
from mtpipe.web.libretranslate.runs import Node, Run
from mtpipe.web.workers.pool import OnProgress
from mtpipe.web.workers.tools import Tools

__all__ = ["as_piece", "as_rendering", "cut_html", "is_matched", "translate_blocks"]


def cut_html(_: Tools, arguments: Mapping[str, Any], __: OnProgress) -> list[list[Any]]:
    """The task ``html_cut``: the pieces of each page.

    Args:
        arguments: ``pages``, a list of HTML.

    Returns:
        For each page strings, which stay as they are, and runs as plain data.
    """
    return [
        [piece if isinstance(piece, str) else _plain(piece) for piece in cut(page)]
        for page in arguments["pages"]
    ]


def as_piece(piece: Any) -> str | Run:
    """A piece as :func:`cut_html` gives it, as it was before."""
    if isinstance(piece, str):
        return piece
    text, nodes, before, behind = piece
    return Run(text, [Node(*node) for node in nodes], before, behind)


def _plain(run: Run) -> tuple[Any, ...]:
    nodes = [(n.start, n.end, n.parent, n.opens, n.closes, n.name) for n in run.nodes]
    return run.text, nodes, run.before, run.behind


def translate_blocks(
    tools: Tools, arguments: Mapping[str, Any], _: OnProgress
) -> list[dict[str, Any]]:
    """The task ``html_blocks``: translate runs, and find the words that their markup belongs to.

    Args:
        tools: which translate.
        arguments: ``source`` and ``target``, codes of languages, and ``blocks``: each has ``text``
            and ``spans``, a list of start, end and the number of a node.

    Raises:
        UnsupportedDirection, EngineError: see :meth:`mtpipe.Translator.articles`.
        InputError: something else is wrong with it.
    """
    blocks = [
        Block(BlockKind.PARAGRAPH, block["text"], Place(index), spans=_spans(block["spans"]))
        for index, block in enumerate(arguments["blocks"])
    ]
    article = Article("page", "-", Language.parse(arguments["source"]), tuple(blocks))
    [result] = tools.translator(arguments["target"]).articles([article], markup=True)
    if isinstance(result, Failure):
        raise InputError(result.error)
    return [_translated(block) for block in result.blocks]


def _spans(spans: Sequence[Sequence[int]]) -> tuple[Span, ...]:
    # What a span leads to isn't looked at by what matches it: the number of the node goes there.
    return tuple(Span(start, end, Markup.EMPHASIS, str(node)) for start, end, node in spans)


def _translated(block: TranslatedBlock) -> dict[str, Any]:
    segments, shift = [], 0
    for translated in block.segments:
        start, end = translated.segment.start, translated.segment.end
        length = len(translated.hypothesis.text)
        segments.append((start, end, start + shift, start + shift + length))
        shift += length - (end - start)
    return {
        "text": block.text,
        "segments": segments,
        "places": [(span.start, span.end, int(span.address)) for span in block.markup],
    }


def as_rendering(translated: Mapping[str, Any]) -> Rendering:
    """A run's translation as :func:`translate_blocks` gives it."""
    places: dict[int, tuple[int, int]] = {}
    for start, end, node in translated["places"]:  # of one that reaches over sentences, several
        first, last = places.get(node, (start, end))
        places[node] = min(first, start), max(last, end)
    return Rendering(translated["text"], translated["segments"], places)


def is_matched(run: Run, most_chars: int) -> bool:
    """Whether a run goes to :func:`translate_blocks`; the matching of words takes their square."""
    return len(run.text) <= most_chars and needs_matching(run)
