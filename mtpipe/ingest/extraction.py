"""What trafilatura takes for the article of a page: its paragraphs, in order."""

import copy
import logging
from collections.abc import Iterator
from dataclasses import dataclass

import lxml.html
from lxml import etree
from lxml.html import HtmlElement

from mtpipe.errors import UnreadableArticle
from mtpipe.ingest.justext_classes import make_linear
from mtpipe.ingest.page import collapse
from mtpipe.types import BlockKind

__all__ = ["Run", "extracted"]

_KINDS = {
    "head": BlockKind.HEADING,
    "item": BlockKind.LIST_ITEM,
    "quote": BlockKind.QUOTE,
}
_INLINE = frozenset(("hi", "ref", "del", "span", "a", "b", "i", "em", "strong", "sub", "sup"))
_FORMATTING = ("b", "i", "u", "em", "strong", "span", "font", "small", "big", "mark", "tt")
_MOST_FORMATTED = 2_000
"""Elements within paragraphs; of more trafilatura's time grows with the square."""

_MOST_CHARS = 1_000_000
"""Of a page's text that is worth second opinions, which read it many times over; and of a script."""

_MOST_ANCESTORS = 1_000_000
"""Of all elements together, each of which trafilatura asks for them. Of more, what is deeper than
usual is taken out of what it is in."""

_USUAL_DEPTH, _MOST_DEPTH = 40, 256
"""Of elements; the second is the parser's limit."""


@dataclass(frozen=True, slots=True)
class Run:
    """A paragraph, a heading, a list item, a cell, or a line of one of them.

    Attributes:
        kind: by trafilatura.
        text: its wording, white space collapsed; never empty.
    """

    kind: BlockKind
    text: str


def extracted(
    tree: HtmlElement, *, noscript: bool = False, second_opinions: bool = True
) -> list[Run]:
    """The text of the article in a page; empty if trafilatura finds none.

    Args:
        tree: of the page; isn't changed.
        noscript: whether what is shown without scripts is shown.
        second_opinions: whether trafilatura is to compare its result with that of other methods,
            which takes longer than its own.

    Raises:
        UnreadableArticle: trafilatura can't read the page.
    """
    import trafilatura

    make_linear()
    # What it warns of comes out as an exception below, or isn't the reader's business.
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    tree = copy.deepcopy(tree)
    if noscript:
        for element in tree.iter("noscript"):
            element.tag = "div"
    second_opinions &= _without_masses(tree) <= _MOST_CHARS
    if sum(1 for _ in tree.iter(*_FORMATTING)) > _MOST_FORMATTED:
        etree.strip_tags(tree, *_FORMATTING)
        # Parsed anew, so that the text is in one piece.
        tree = lxml.html.document_fromstring(lxml.html.tostring(tree, encoding="unicode"))
    try:
        # With formatting it loses text (measured on real pages: body F1 .9166, without .9187).
        document = trafilatura.bare_extraction(
            tree, include_comments=False, fast=not second_opinions
        )
    except (RecursionError, ValueError, etree.LxmlError) as exc:
        raise UnreadableArticle(f"the page's structure is broken: {exc}") from exc
    if document is None or document.body is None:
        return []
    return list(_runs(document.body))


def _without_masses(tree: HtmlElement) -> int:
    """Take out of a tree what takes trafilatura long, and return the characters of its text."""
    for script in tree.iter("script"):
        if len(script.text or "") > _MOST_CHARS:
            script.text = None  # too much for an article's data, see json_ld
    if tree.xpath("count(//*)") * _MOST_DEPTH > _MOST_ANCESTORS:
        depths = list(_depths(tree))
        if sum(depth for _, depth in depths) > _MOST_ANCESTORS:
            for element, depth in depths:
                if depth > _USUAL_DEPTH and len(element):
                    element.tag = "x-wrapper"
            etree.strip_tags(tree, "x-wrapper")
    if tree.xpath("string-length()") <= _MOST_CHARS:
        return 0
    unread = ("script", "style")
    return sum(
        len(element.tail or "") + (element.tag not in unread and len(element.text or ""))
        for element in tree.iter("*")
    )


def _depths(tree: HtmlElement) -> Iterator[tuple[HtmlElement, int]]:
    """Each element and how many it is in."""
    depth = 0
    for event, element in etree.iterwalk(tree, events=("start", "end")):
        if event == "start":
            yield element, depth
        depth += 1 if event == "start" else -1


def _runs(body: etree._Element) -> Iterator[Run]:
    """The text of trafilatura's tree, also what stands behind an element without one of its own."""
    parts: list[str] = []
    kinds = [BlockKind.PARAGRAPH]

    def taken() -> Iterator[Run]:
        for line in "".join(parts).splitlines():
            if text := collapse(line):
                yield Run(kinds[-1], text)
        parts.clear()

    for event, element in etree.iterwalk(body, events=("start", "end")):
        is_inline = element.tag in _INLINE or (
            element.tag in ("code", "quote") and _is_amid_text(element)
        )
        if event == "start":
            if not is_inline:
                yield from taken()
                kinds.append(_KINDS.get(element.tag, kinds[-1]))
            parts.append(element.text or "")
        else:
            if not is_inline:
                yield from taken()
                kinds.pop()
            if element is not body:
                parts.append(element.tail or "")


def _is_amid_text(element: etree._Element) -> bool:
    parent = element.getparent()
    return parent is not None and parent.tag in ("p", "item", "cell", "head")
