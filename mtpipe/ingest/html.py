"""An HTML page to body and furniture, each block with its XPath.

trafilatura finds the article. What it throws away is gone in its output, so the page is walked
here as well: every block of text that trafilatura kept is body, every other is furniture, its
kind told by the markup around it or else by its wording.
"""

import copy
import logging
import re
from collections.abc import Iterator
from functools import lru_cache

import lxml.html
from lxml import etree
from lxml.html import HtmlElement

from mtpipe.errors import EmptyArticle, UnreadableArticle
from mtpipe.ingest.decode import decode
from mtpipe.ingest.furniture import is_repetition
from mtpipe.ingest.furniture_rules import BUILT_IN, FurnitureRules
from mtpipe.ingest.inline import MARKUP, InlineText, safe_address
from mtpipe.ingest.metadata import page_metadata, page_title
from mtpipe.ingest.page import FIGURES, LOWERED, RAISED, Page, Piece, key
from mtpipe.ingest.page_dump import dateline_apart
from mtpipe.types import NO_LANGUAGE, BlockKind, Markup, Span

__all__ = ["read_html"]

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
_BODY_KINDS = {
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), BlockKind.HEADING),
    **dict.fromkeys(("li", "dd", "dt"), BlockKind.LIST_ITEM),
    **dict.fromkeys(("figcaption", "caption"), BlockKind.CAPTION),
    "blockquote": BlockKind.QUOTE,
}
_ZONE_TAGS = {
    "nav": BlockKind.NAVIGATION,
    "menu": BlockKind.NAVIGATION,
    "button": BlockKind.NAVIGATION,
    "form": BlockKind.NAVIGATION,
    "footer": BlockKind.NOTICE,
    "time": BlockKind.TIME_STAMP,
    "dialog": BlockKind.NOTICE,
}
# Words in class, id, role and rel, the most telling first.
_NAMES_CHARS = 1_000
"""Of the class and id of an element; longer ones are no names."""

_ZONE_WORDS = (
    (BlockKind.COMMENT, re.compile(r"comment(?!ary)|kommentar|disqus", re.IGNORECASE)),
    (
        BlockKind.NOTICE,
        re.compile(
            r"cookie|consent|gdpr|newsletter|subscri|abonn|paywall|(?<![a-z])ads?(?![a-z])|advert"
            r"|werbung|promo|copyright|legal|disclaimer|footer",
            re.IGNORECASE,
        ),
    ),
    (
        BlockKind.RELATED,
        re.compile(
            r"related|recommend|(?:read|see)-?(?:more|also|next)|most-?\w+|teaser|trending|side-?bar",
            re.IGNORECASE,
        ),
    ),
    (BlockKind.BYLINE, re.compile(r"byline|author|autor", re.IGNORECASE)),
    (
        BlockKind.TIME_STAMP,
        re.compile(r"time-?stamp|pub-?date|dateline|date(?![a-z])", re.IGNORECASE),
    ),
    (
        BlockKind.TAG,
        re.compile(r"(?<![a-z])tags?(?![a-z])|keyword|topics?(?![a-z])", re.IGNORECASE),
    ),
    (
        BlockKind.NAVIGATION,
        re.compile(
            r"(?<![a-z])nav|menu|top-?bar|header|breadcrumb|pagination|pager|(?<![a-z])prev|(?<![a-z])next"
            r"|share|sharing|social|toolbar|skip-?link|search",
            re.IGNORECASE,
        ),
    ),
)
_CHARSET = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w.:-]{1,40})""", re.IGNORECASE)
_HEAD_BYTES = 4096
# What XML has no room for, as it stands or as a numeric reference: trafilatura gives a page up
# for one of them.
_ILLEGAL = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]"
    "|&#0*(?:[0-8]|1[124-9]|2[0-9]|3[01]|6553[45])(?![0-9]);?"
    "|&#x0*(?:[0-8bce]|1[0-9a-f]|fff[ef])(?![0-9a-f]);?",
    re.IGNORECASE,
)
_FIGURES = {
    "sup": str.maketrans(FIGURES, RAISED),
    "sub": str.maketrans(FIGURES, LOWERED),
}
_HEADINGS = frozenset(("h2", "h3", "h4", "h5", "h6"))
_TIME_OF_DAY = re.compile(r"\d{1,2}[:.h]\d\d(?:\s?(?:Uhr|h|[ap]\.?m\.?))?", re.IGNORECASE)
_LINE_BREAK = "\v"  # a <br>, as distinct from a line break in the source
_MENU_LINKS = 500
_MAX_ELEMENTS = 50_000
_CONTAINED_CHARS = 20


def read_html(
    data: bytes | str,
    *,
    address: str = "",
    charset: str | None = None,
    title: str = "",
    rules: FurnitureRules = BUILT_IN,
) -> Page:
    """Extract the article of an HTML page and keep what surrounds it.

    Args:
        data: the page.
        address: where it was fetched, if it was.
        charset: the encoding that the server declared; the page's own ``<meta>`` is asked next.
        title: if it is known from elsewhere; by default what the page states.
        rules: what is furniture.

    Raises:
        InputError: a pattern of the rules takes too long.
        UnreadableArticle: binary data, or nothing that parses as HTML.
        EmptyArticle: no article text is in the page.
    """
    if isinstance(data, bytes):
        declared = _CHARSET.search(data[:_HEAD_BYTES])
        data = decode(data, charset or (declared[1].decode("ascii") if declared else None))
    tree = _parse(data)
    body_keys = _extract(tree)
    joined = "".join(body_keys)
    exact = set(body_keys)
    metadata = page_metadata(tree, address)
    visible = list(_visible_blocks(tree, _base(tree, address or metadata.address)))
    blocks = [(element, text) for element, text, _ in visible]
    in_body = [
        text_key in exact or (len(text_key) >= _CONTAINED_CHARS and text_key in joined)
        for text_key in (key(text) for _, text in blocks)
    ]
    wanted = rules.wanted_blocks(tree, blocks)
    in_body = [body or own is True for body, own in zip(in_body, wanted, strict=True)]
    if not any(in_body):
        raise EmptyArticle("no article text in the page")
    last = max(index for index, body in enumerate(in_body) if body)
    first = in_body.index(True)
    title, title_index = _title(title or page_title(tree), blocks)
    root = tree.getroottree()
    entries = _entries(blocks, in_body)
    stays = [_stays(element) for element, _ in blocks]
    if all(stay for stay, body in zip(stays, in_body, strict=True) if body):
        stays = [False] * len(blocks)  # then it says nothing of any one of them
    pieces = []
    if title and title_index is None:
        pieces.append(Piece(BlockKind.TITLE, title, path="/html/head"))
    for index, (element, text) in enumerate(blocks):
        if index == title_index:
            kind = BlockKind.TITLE
        elif rules.wording and title and is_repetition(text, title):
            kind = BlockKind.REPEATED_TITLE
        elif metadata.section and key(text) == key(metadata.section):
            kind = _zone(element) or BlockKind.TAG  # where the page belongs, not what it says
        else:
            inside = first < index < last
            body = in_body[index] or (inside and index in entries)
            kind = _kind(element, text, rules.by_wording(text), body=body, inside=inside)
            if index in entries and kind is BlockKind.TIME_STAMP:
                kind = BlockKind.PARAGRAPH
        kind = rules.decided(kind, wanted[index], body=_body_kind(element))
        line, path = element.sourceline or 0, root.getpath(element)
        language = NO_LANGUAGE if stays[index] else None
        pieces.append(Piece(kind, text, line, path, visible[index][2], language))
    return Page.of(dateline_apart(pieces), metadata)


def _entries(blocks: list[tuple[HtmlElement, str]], in_body: list[bool]) -> set[int]:
    """Headings and times of the entries of a page that has several, as live blogs do.

    What trafilatura leaves out of them: a heading with body directly behind it, and times, if there
    are several, with such a heading or body behind them.
    """
    found: set[int] = set()
    times = {index for index, (_, text) in enumerate(blocks) if _TIME_OF_DAY.fullmatch(text)}
    for index in reversed(range(len(blocks) - 1)):
        leads_on = in_body[index + 1] or index + 1 in found
        is_heading = blocks[index][0].tag in _HEADINGS and _zone(blocks[index][0]) is None
        if leads_on and (is_heading or (len(times) > 1 and index in times)):
            found.add(index)
    return found


def _stays(element: HtmlElement) -> bool:
    """Whether a block isn't to be translated: it says so (HTML's ``translate``), or it is code."""
    for ancestor in (element, *element.iterancestors()):
        if ancestor.tag in ("body", "html"):
            return False  # it keeps browsers from offering a translation, no more
        if ancestor.tag == "pre":
            return True
        stated = (ancestor.get("translate") or "").strip().lower()
        if stated in ("yes", "no"):
            return stated == "no"
        if "notranslate" in (ancestor.get("class") or "").split():
            return True
    return False


def _parse(text: str) -> HtmlElement:
    text = _ILLEGAL.sub(" ", text)
    # Comments go at once: trafilatura would take the text behind them along.
    parser = lxml.html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
    try:
        tree = lxml.html.document_fromstring(text.encode("utf-8", "replace"), parser=parser)
        _make_plain(tree)
    except (etree.LxmlError, ValueError) as exc:
        raise UnreadableArticle(f"not HTML: {exc}") from exc
    if (elements := int(tree.xpath("count(//*)"))) > _MAX_ELEMENTS:
        raise UnreadableArticle(f"no article's page: {elements:,} elements")
    return tree


def _make_plain(tree: HtmlElement) -> None:
    """Make of markup what a browser shows: quotation marks of <q>, nothing of what was deleted."""
    etree.strip_elements(tree, "del", "s", "strike", with_tail=False)
    for element in tree.iter("q"):
        element.text = f'"{element.text or ""}'
        if len(element):
            element[-1].tail = f'{element[-1].tail or ""}"'
        else:
            element.text += '"'
    etree.strip_tags(tree, "q")


def _extract(tree: HtmlElement) -> list[str]:
    """Keys of the blocks that trafilatura takes for the article."""
    import trafilatura

    # What it warns of comes out as an exception below, or isn't the reader's business.
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    try:
        document = trafilatura.bare_extraction(
            copy.deepcopy(tree), include_comments=False, include_formatting=True
        )
    except (RecursionError, ValueError, etree.LxmlError) as exc:
        raise UnreadableArticle(f"the page's structure is broken: {exc}") from exc
    if document is None or document.body is None:
        return []
    keys = []
    for element in document.body.iter("head", "p", "item", "quote", "cell", "code", "ab"):
        keys += [key(line) for line in "".join(element.itertext()).splitlines()]
        keys.append(key("".join(element.itertext())))
    return [text_key for text_key in keys if text_key]


def _base(tree: HtmlElement, address: str) -> str:
    """What the links of a page are relative to."""
    stated = tree.xpath("string(//base/@href)")
    return safe_address(stated, address) or address


def _visible_blocks(
    tree: HtmlElement, base: str
) -> Iterator[tuple[HtmlElement, str, tuple[Span, ...]]]:
    """Each run of text with the block element that it stands in, and its markup, in reading order.

    Args:
        tree: the page.
        base: what its links are relative to.
    """
    owners = [tree]
    run = InlineText()
    walk = etree.iterwalk(tree, events=("start", "end"))
    for event, element in walk:
        seen = element.tag not in _UNSEEN
        is_block = seen and (element.tag in _BLOCKS or _is_menu_link(element))
        markup = None if is_block else MARKUP.get(element.tag)
        if is_block or (element.tag == "br" and event == "start" and _ends_line(run.parts)):
            text, spans = run.take()
            if text:
                yield owners[-1], text, spans
        if event == "start" and not seen:
            walk.skip_subtree()
        elif event == "start":
            if is_block:
                owners.append(element)
            if markup:
                href = element.get("href") if markup is Markup.LINK else None
                run.begin(markup, safe_address(href, base) if href else "")
            run.add(_LINE_BREAK if element.tag == "br" else _text(element))
        else:
            if is_block:
                owners.pop()
            if markup:
                run.end()
            run.add(element.tail or "")
    text, spans = run.take()
    if text:
        yield owners[-1], text, spans


def _text(element: HtmlElement) -> str:
    """What stands at the beginning of an element; raised and lowered figures as such."""
    text = element.text or ""
    parent = element.getparent()  # of a note's mark, which is a link as a rule
    figures = _FIGURES.get(element.tag) or (
        _FIGURES.get(parent.tag) if element.tag == "a" and parent is not None else None
    )
    return text.translate(figures) if figures and text.strip().isdecimal() else text


def _ends_line(run: list[str]) -> bool:
    """Whether only white space follows a line break: then a second one parts paragraphs."""
    for part in reversed(run):
        if ending := part.rstrip(" \t\r\n\xa0"):
            return ending.endswith(_LINE_BREAK)
    return False


def _is_menu_link(element: HtmlElement) -> bool:
    """Whether an element is one of several links with no text between them: "PREV", "NEXT"."""
    parent = element.getparent()
    if element.tag != "a" or parent is None or not 1 < len(parent) < _MENU_LINKS:
        return False
    between = [parent.text, *(child.tail for child in parent)]
    return not any(text and text.strip(" \t\r\n|·•/,–-") for text in between)


def _title(stated: str, blocks: list[tuple[HtmlElement, str]]) -> tuple[str, int | None]:
    """The title's wording, and the index of its block if a heading of the page shows it."""
    headings = [index for index, (element, _) in enumerate(blocks) if "h1" in _lineage(element)]
    matching = [index for index in headings if stated and is_repetition(blocks[index][1], stated)]
    # A single <h1> is the title even where the head words it otherwise; of several only one that
    # the head confirms, since sites put their own name into <h1> as well.
    if chosen := matching or (headings if len(headings) == 1 or not stated else []):
        return blocks[chosen[0]][1], chosen[0]
    return stated, None


def _kind(
    element: HtmlElement, text: str, wording: BlockKind | None, *, body: bool, inside: bool
) -> BlockKind:
    """The kind of a block that isn't the title.

    Args:
        element: the block element that the text stands in.
        text: its wording.
        wording: what furniture it is by that.
        body: whether trafilatura kept it.
        inside: whether it stands between the first and the last block that trafilatura kept.
    """
    zone = _zone(element)
    # A menu's entry may have words that stand in the article as well.
    if body and zone is BlockKind.NAVIGATION and len(key(text)) < _CONTAINED_CHARS:
        return wording or zone
    body_kind = _body_kind(element)
    if wording is None and (body or (inside and body_kind is BlockKind.CAPTION)):
        return body_kind
    return wording or zone or BlockKind.OTHER


def _body_kind(element: HtmlElement) -> BlockKind:
    """What a block is if it is body."""
    kinds = (_BODY_KINDS[tag] for tag in _lineage(element) if tag in _BODY_KINDS)
    return next(kinds, BlockKind.PARAGRAPH)


def _lineage(element: HtmlElement) -> Iterator[str]:
    yield element.tag
    yield from (ancestor.tag for ancestor in element.iterancestors())


@lru_cache(4_096)
def _zone_named(names: str) -> BlockKind | None:
    return next((kind for kind, words in _ZONE_WORDS if words.search(names)), None)


def _zone(element: HtmlElement) -> BlockKind | None:
    """The furniture zone of the page that an element is in, by the nearest telling ancestor."""
    for ancestor in (element, *element.iterancestors()):
        if ancestor.tag in ("body", "html"):
            return None
        names = " ".join(ancestor.get(name) or "" for name in ("class", "id", "role", "rel"))
        if names and (kind := _zone_named(names[:_NAMES_CHARS])):
            return kind
        if ancestor.tag in _ZONE_TAGS:
            return _ZONE_TAGS[ancestor.tag]
    return None
