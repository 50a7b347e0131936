"""The text of a page as a browser shows it, run by run, with what the markup around it says.

One walk over the tree, whose time is linear in the size of the page however deep or broad it is.
What is body and what is not is decided elsewhere.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree
from lxml.html import HtmlElement

from mtpipe.ingest.around import Around
from mtpipe.ingest.inline import InlineText, safe_address
from mtpipe.ingest.page import FIGURES, LOWERED, RAISED
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
_FIGURES = {
    "sup": str.maketrans(FIGURES, RAISED),
    "sub": str.maketrans(FIGURES, LOWERED),
}


@dataclass(frozen=True, slots=True)
class Visible:
    """A run of text that a browser shows without a break.

    Attributes:
        text: its wording, white space collapsed; never empty.
        spans: its inline markup.
        around: the block element that it stands in.
        linked_ratio: share of its characters that are in links, 0 to 1.
        is_line: whether it is one of several lines that stand by themselves in one paragraph.
    """

    text: str
    spans: tuple[Span, ...]
    around: Around
    linked_ratio: float
    is_line: bool


def visible_blocks(tree: HtmlElement, base: str, *, noscript: bool = False) -> Iterator[Visible]:
    """Each run of text of a page, in reading order.

    Args:
        tree: the page.
        base: what its links are relative to.
        noscript: whether what is shown without scripts is shown.
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
            if (seen and around.is_block) or (element.tag == "br" and run.ends_line):
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
        run.add(_text(element), linked=around.in_link)


def _taken(run: InlineText, owner: Around) -> Iterator[Visible]:
    lines = list(run.take_lines(whole=owner.kind is BlockKind.HEADING))
    for text, spans, linked_ratio in lines:
        yield Visible(text, spans, owner, linked_ratio, is_line=len(lines) > 1)


def _text(element: HtmlElement) -> str:
    """What stands at the beginning of an element; raised and lowered figures as such."""
    text = element.text or ""
    parent = element.getparent()  # of a note's mark, which is a link as a rule
    figures = _FIGURES.get(element.tag) or (
        _FIGURES.get(parent.tag) if element.tag == "a" and parent is not None else None
    )
    return text.translate(figures) if figures and text.strip().isdecimal() else text
