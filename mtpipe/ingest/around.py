"""What the markup around a text says of it: where it stands, what it is, whether it is furniture.

Every element inherits from its parent, so that nobody has to climb the tree for each text.
"""

from collections.abc import Set
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

from lxml.html import HtmlElement

from mtpipe.ingest.inline import MARKUP
from mtpipe.ingest.zones import is_caption, names_of, zone_of
from mtpipe.types import BlockKind, Markup

__all__ = ["HEADINGS", "Around"]

_BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "button",
        "caption",
        "center",
        "dd",
        "details",
        "dialog",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "label",
        "legend",
        "li",
        "main",
        "menu",
        "nav",
        "noscript",
        "ol",
        "option",
        "p",
        "pre",
        "section",
        "summary",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "time",
        "tr",
        "ul",
    ]
)
HEADINGS = frozenset(("h2", "h3", "h4", "h5", "h6"))
"""Headings within an article."""

_BODY_KINDS = {
    **dict.fromkeys(("h1", *HEADINGS), BlockKind.HEADING),
    **dict.fromkeys(("li", "dd", "dt"), BlockKind.LIST_ITEM),
    **dict.fromkeys(("figcaption", "caption"), BlockKind.CAPTION),
    "blockquote": BlockKind.QUOTE,
    "pre": BlockKind.CODE,
}
# In a <figure>, too, what they have is their own and no caption.
_CONTENTS = frozenset(("table", "ul", "ol", "dl"))
_RUNNING = frozenset(("p", "li", "dd", "blockquote", *MARKUP))
"""Where a date is a part of the sentence."""

_TEXTS = frozenset(("p", "h1", *HEADINGS, "blockquote", "figcaption", "dd"))
_READ_ALOUD = frozenset(
    [
        "sr-only",
        "visually-hidden",
        "visuallyhidden",
        "is-visually-hidden",
        "u-visually-hidden",
        "screen-reader-text",
        "screen-reader",
        "screenreader",
        "screenreader-only",
        "element-invisible",
        "a11y-hidden",
        "hidden-accessible",
        "assistive-text",
    ]
)
"""Classes of what is for screen readers only, by common frameworks."""

_PARTS = frozenset(
    ("p", "li", "ul", "ol", "dl", "dd", "dt", "blockquote", "pre", "a", "h1", *HEADINGS)
)
_LABEL_DEPTH = 3
_OFFER_WORDS, _OFFER_ELEMENTS = 80, 200
_MOST_OFFERS = 20
_PRESSED = frozenset(("button", "input", "form"))
_WHOLES = frozenset(("article", "main", "body", "html"))
_SEPARATORS = " \t\r\n|·•/,–-"
_WORDING_CHARS = 30
_PATH_CHARS = 2_000
"""Of an XPath; what is nested deeper than that has none."""


@dataclass(eq=False)
class Around:
    """An element, and what it takes over from those around it.

    Attributes:
        element: itself.
        parent: the one around it; None for the root.
        path: its XPath; empty where that would be very long.
        zone_at: the nearest element that begins a zone of furniture; None where none does.
        kind: what it is if it is body.
        stays: whether it isn't to be translated: it says so (HTML's ``translate``), or is code.
        in_h1: whether it is an ``<h1>`` or within one.
        in_link: whether it is a link or within one.
        offers: of the whole page, what asks for an e-mail address, and what is around that.
        home: the element that paragraphs, lists and quotations of one text have in common.
    """

    element: HtmlElement
    parent: "Around | None"
    path: str
    zone_at: "Around | None" = None
    kind: BlockKind = BlockKind.PARAGRAPH
    stays: bool = False
    in_h1: bool = False
    in_link: bool = False
    offers: Set[HtmlElement] = frozenset()

    def __post_init__(self) -> None:
        self.home: Around = self

    @classmethod
    def root(cls, tree: HtmlElement) -> "Around":
        """Of the whole page."""
        return cls(tree, None, f"/{tree.tag}", offers=_offers(tree))

    def within(self, element: HtmlElement) -> "Around":
        """Of the next child of this element; every one has to be asked for, in order."""
        tag = element.tag
        child = Around(element, self, self._path_of(tag), offers=self.offers)
        if tag == "body":  # what it is called says nothing of its parts
            return child
        child.home = self.home if tag in _PARTS else child
        child.zone_at = child if child.own_zone else self.zone_at
        kind = BlockKind.PARAGRAPH if tag in _CONTENTS else _BODY_KINDS.get(tag)
        child.kind = kind or (BlockKind.CAPTION if is_caption(element) else self.kind)
        child.stays = _stays(element, self.stays)
        child.in_h1 = self.in_h1 or tag == "h1"
        child.in_link = self.in_link or (tag == "a" and element.get("href") is not None)
        return child

    def _path_of(self, tag: str) -> str:
        """The path of the next child."""
        if not 0 < len(self.path) < _PATH_CHARS:
            return ""
        passed = self._passed[tag] = self._passed.get(tag, 0) + 1
        number = f"[{passed}]" if self._children[tag] > 1 else ""
        return f"{self.path}/{tag}{number}"

    @cached_property
    def own_zone(self) -> BlockKind | None:
        """The zone of furniture that it begins."""
        zone = zone_of(self.element)
        if zone is not BlockKind.COMMENT and self.element in self.offers:
            return BlockKind.NOTICE
        return zone

    @cached_property
    def names(self) -> str:
        """Those that the element has in its attributes."""
        return names_of(self.element)

    @property
    def zone(self) -> BlockKind | None:
        """The zone of furniture that it is in."""
        return self.zone_at.own_zone if self.zone_at else None

    @cached_property
    def _children(self) -> dict[str, int]:
        counts: dict[str, int] = {}
        for child in self.element:
            counts[child.tag] = counts.get(child.tag, 0) + 1
        return counts

    @cached_property
    def _passed(self) -> dict[str, int]:
        return {}

    @cached_property
    def is_menu(self) -> bool:
        """Whether the element has several links with no text between them: "PREV", "NEXT".

        A label and a link do as well, but not in a paragraph.
        """
        if len(self.element) < 2 or (self.element.tag == "p" and self._children.get("a", 0) < 2):
            return False
        between = [self.element.text, *(child.tail for child in self.element)]
        if any(text and text.strip(_SEPARATORS) for text in between):
            return False
        # Running text may be in elements all of it.
        return not any(
            child.tag not in _BLOCKS and child.tag != "a" and len(child.text or "") > _WORDING_CHARS
            for child in self.element
        )

    @cached_property
    def is_read_aloud(self) -> bool:
        """Whether it is a label amid running text that is for screen readers ("opens in new tab")."""
        if self.element.tag in _BLOCKS or _READ_ALOUD.isdisjoint(
            (self.element.get("class") or "").split()
        ):
            return False
        around = self.parent
        for _ in range(_LABEL_DEPTH):
            if around and around.element.tag in _TEXTS:
                return True
            around = around.parent if around else None
        return False

    @cached_property
    def is_offer(self) -> bool:
        """Whether there is little in it, and something to press: an offer, not a part of a text."""
        return _is_little(self.element) and any(True for _ in self.element.iter(*_PRESSED))

    @cached_property
    def markup(self) -> tuple[Markup, ...]:
        """The inline markup that it is."""
        if self.is_block:
            return ()
        own = MARKUP.get(self.element.tag)
        stays = self.stays and self.parent is not None and not self.parent.stays
        return ((own,) if own else ()) + ((Markup.KEPT,) if stays else ())

    @cached_property
    def is_block(self) -> bool:
        """Whether it begins a run of text of its own."""
        tag, parent = self.element.tag, self.parent
        if tag == "time":
            return parent is None or not (parent.element.tag in _RUNNING or _is_amid(self.element))
        if tag == "a":
            return parent is not None and parent.is_menu
        return tag in _BLOCKS


def _offers(tree: HtmlElement) -> frozenset[HtmlElement]:
    """What asks for an e-mail address, and what is around that, as long as it is little."""
    found: set[HtmlElement] = set()
    for asked in tree.xpath("//input[@type='email']")[:_MOST_OFFERS]:
        for around in asked.iterancestors():
            if around.tag in _WHOLES or not _is_little(around):
                break
            found.add(around)
    return frozenset(found)


def _is_little(element: HtmlElement) -> bool:
    inside = list(islice(element.iter(), _OFFER_ELEMENTS + 1))
    if len(inside) > _OFFER_ELEMENTS:
        return False
    return (
        sum(
            len(f"{one.text or ''} {one.tail or '' if one is not element else ''}".split())
            for one in inside
        )
        <= _OFFER_WORDS
    )


def _is_amid(element: HtmlElement) -> bool:
    """Whether running text stands directly before or behind an element."""
    previous, parent = element.getprevious(), element.getparent()
    before = (parent.text if parent is not None else "") if previous is None else previous.tail
    return any(len((text or "").strip()) > _WORDING_CHARS for text in (before, element.tail))


def _stays(element: HtmlElement, inherited: bool) -> bool:
    if element.tag == "pre":
        return True
    stated = (element.get("translate") or "").strip().lower()
    if stated in ("yes", "no"):
        return stated == "no"
    return inherited or "notranslate" in (element.get("class") or "").split()
