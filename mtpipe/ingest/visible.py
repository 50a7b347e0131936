"""The text of a page as a browser shows it, run by run, with what the markup around it says.

One walk over the tree, whose time is linear in the size of the page however deep or broad it is.
What is body and what is not is decided elsewhere.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree
from lxml.html import HtmlElement

from mtpipe.errors import UnreadableArticle
from mtpipe.ingest.around import Around
from mtpipe.ingest.inline import InlineText, in_element, safe_address
from mtpipe.ingest.page import verbatim
from mtpipe.types import BlockKind, Markup, Span

__all__ = ["Visible", "visible_blocks"]

_UNSEEN = frozenset(
    [
        "head",
        "script",
        "style",
        "template",
        "noscript",
        "iframe",
        "object",
        "svg",
        "math",
        "canvas",
        "audio",
        "video",
        "select",
        "textarea",
        "datalist",
        "map",
    ]
)
_ENDED = re.compile(r"""[^\W\d_A-ZÄÖÜÀÉ]$|[.!?:)]$|[^\s(\[]["“”»]$""")
_MOST_CHARS = 1_000_000
"""Of a run; each step takes time for all of them."""


@dataclass(frozen=True, slots=True)
class Visible:
    """A run of text that a browser shows without a break.

    Attributes:
        text: its wording, white space collapsed; never empty.
        spans: its inline markup.
        around: the block element that it stands in.
        linked_ratio: share of its characters that are in links, 0 to 1.
        is_line: whether it is one of several lines that stand by themselves in one paragraph.
        verbatim: its wording with all line feeds and spaces in code (``<pre>``); else empty.
    """

    text: str
    spans: tuple[Span, ...]
    around: Around
    linked_ratio: float
    is_line: bool
    verbatim: str = ""


def visible_blocks(tree: HtmlElement, base: str, *, noscript: bool = False) -> Iterator[Visible]:
    """Each run of text of a page, in reading order.

    Args:
        tree: the page.
        base: what its links are relative to.
        noscript: whether what is shown without scripts is shown.

    Raises:
        UnreadableArticle: a run is far longer than a paragraph.
    """
    unseen = _UNSEEN - {"noscript"} if noscript else _UNSEEN
    around = Around.root(tree)
    owners = [around]
    run = InlineText()
    walk = etree.iterwalk(tree, events=("start", "end"))
    for event, element in walk:
        if element is tree:
            continue
        if event == "start":
            around = around.within(element)
        seen = element.tag not in unseen and not around.is_read_aloud
        if event == "start":
            parts = element.tag == "br" and run.ends_line and around.kind is not BlockKind.CODE
            if parts or (seen and around.is_block):
                yield from _taken(run, owners[-1])
            if not seen:
                walk.skip_subtree()
                continue
            if around.is_block:
                owners.append(around)
            _enter(run, around, base)
        else:
            if seen and around.is_block:
                yield from _taken(run, owners.pop())
            elif seen:
                for _ in around.markup:
                    run.end()
            around = around.parent or around
            run.add(element.tail or "", linked=around.in_link)
    yield from _taken(run, owners[-1])


def _enter(run: InlineText, around: Around, base: str) -> None:
    """Add what an element begins with to a run."""
    element = around.element
    for markup in around.markup:
        href = element.get("href") if markup is Markup.LINK else None
        run.begin(markup, safe_address(href, base) if href else "")
    if element.tag == "br":
        run.break_line()
    else:
        text = _text(element)
        run.add(" " if _is_glued(around, run, text) else "")
        run.add(text, linked=around.in_link)


def _is_glued(around: Around, run: InlineText, text: str) -> bool:
    """Whether a style sheet parts an element from what is directly before it: a label, a credit."""
    if around.element.tag != "span" or not text[:1].isupper() or not _ENDED.search(run.last):
        return False
    before = around.element.getprevious()
    if before is None:
        return around.kind is BlockKind.CAPTION
    return before.tag == "span" and not before.tail


def _taken(run: InlineText, owner: Around) -> Iterator[Visible]:
    is_code = owner.kind is BlockKind.CODE
    written = verbatim(run.raw) if is_code else ""
    lines = list(run.take_lines(whole=is_code or owner.kind is BlockKind.HEADING))
    for text, spans, linked_ratio in lines:
        if len(text) > _MOST_CHARS:
            raise UnreadableArticle(f"no article's page: {len(text):,} characters in one paragraph")
        yield Visible(text, spans, owner, linked_ratio, len(lines) > 1, written)


def _text(element: HtmlElement) -> str:
    """What stands at the beginning of an element; raised and lowered figures as such."""
    parent = element.getparent()  # of a note's mark, which is a link as a rule
    owner = parent if element.tag == "a" and parent is not None else element
    return in_element(element.text or "", owner.tag)
