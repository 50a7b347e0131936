"""An HTML page to body and furniture, each block with its XPath.

What is body is found elsewhere (:mod:`mtpipe.ingest.body`); here every block gets its kind, and
furniture is told by the markup around it or else by its wording.
"""

import re
from collections import Counter
from collections.abc import Container, Iterator, Sequence
from itertools import takewhile

from lxml.html import HtmlElement

from mtpipe.errors import EmptyArticle
from mtpipe.ingest.around import HEADINGS
from mtpipe.ingest.body import Body, find_body
from mtpipe.ingest.decode import declared_encoding, decode
from mtpipe.ingest.furniture import is_repetition, is_sentence
from mtpipe.ingest.furniture_rules import BUILT_IN, FurnitureRules
from mtpipe.ingest.inline import safe_address
from mtpipe.ingest.metadata import page_metadata, page_title, window_title
from mtpipe.ingest.page import Page, Piece, collapse, key, without_beginning
from mtpipe.ingest.page_dump import dateline_apart
from mtpipe.ingest.title import Title, find_title
from mtpipe.ingest.tree import parse_page
from mtpipe.ingest.visible import Visible
from mtpipe.types import NO_LANGUAGE, BlockKind

__all__ = ["read_html"]

_TIME_OF_DAY = re.compile(
    r"\d{1,2}[:.h]\d\d(?:\s?(?:Uhr|h|[ap]\.?m\.?))?(?:\s?(?:GMT|BST|CES?T|MES?Z|E[SD]?T))?",
    re.IGNORECASE,
)
_MENU_CHARS = 20
_CAPTION_CHARS = 600
"""Of a caption by its class or by standing in a figure; longer text is an article's."""

_LINKED_RATIO = 0.9
_LABEL_WORDS, _TITLE_WORDS = 6, 4


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
        data = decode(data, charset or declared_encoding(data))
    tree = parse_page(data)
    metadata = page_metadata(tree, address)
    body = find_body(tree, _base(tree, address or metadata.address))
    wanted = rules.wanted_blocks(
        tree, [(block.around.element, block.text) for block in body.blocks]
    )
    body.is_body = [
        is_body or own is True for is_body, own in zip(body.is_body, wanted, strict=True)
    ]
    found = find_title(
        title or page_title(tree),
        window_title(tree),
        (metadata.site, metadata.section),
        body.blocks,
    )
    built_in = list(_kinds(body, found, metadata.section, rules))
    kinds = [
        rules.decided(kind, own, body=block.around.kind)
        for kind, own, block in zip(built_in, wanted, body.blocks, strict=True)
    ]
    page = Page.of(dateline_apart(list(_pieces(body, found, kinds, rules))), metadata)
    is_found = body.unseen or any(
        own or _is_text(k) for k, own in zip(built_in, wanted, strict=True)
    )
    if not is_found or (page.blocks and not any(_is_text(block.kind) for block in page.blocks)):
        raise EmptyArticle("no article text in the page")
    return page


def _is_text(kind: BlockKind) -> bool:
    return not kind.is_furniture and kind is not BlockKind.TITLE


def _pieces(
    body: Body, title: Title, kinds: Sequence[BlockKind], rules: FurnitureRules
) -> Iterator[Piece]:
    """Every block with its kind, and what no block shows where it belongs."""
    stays = [block.around.stays for block in body.blocks]
    if all(stay for stay, is_body in zip(stays, body.is_body, strict=True) if is_body):
        stays = [False] * len(stays)  # then it says nothing of any one of them
    if title.text and title.index is None:
        yield Piece(BlockKind.TITLE, title.text, path="/html/head")
    yield from _unseen(body, -1, title, rules)
    for index, (kind, block) in enumerate(zip(kinds, body.blocks, strict=True)):
        text, spans, around = block.text, block.spans, block.around
        line, language = around.element.sourceline or 0, NO_LANGUAGE if stays[index] else None
        if index == title.index:
            yield Piece(BlockKind.TAG, text[: title.skipped].rstrip(), line, around.path)
            text, spans = title.text, without_beginning(spans, title.skipped)
        if kind is not BlockKind.CODE:
            yield Piece(kind, text, line, around.path, spans, language)
        elif language:
            yield Piece(kind, block.verbatim, line, around.path, language=language)
        else:  # a text whose paragraphs are parted by empty lines
            for part in block.verbatim.split("\n\n"):
                yield Piece(BlockKind.PARAGRAPH, collapse(part), line, around.path)
        yield from _unseen(body, index, title, rules)


def _unseen(body: Body, index: int, title: Title, rules: FurnitureRules) -> Iterator[Piece]:
    for run in body.unseen.get(index, ()):
        if rules.wording and title.text and is_repetition(run.text, title.text):
            kind = BlockKind.REPEATED_TITLE
        else:
            kind = rules.by_wording(run.text) or run.kind
        yield Piece(rules.decided(kind, rules.wanted(run.text), body=run.kind), run.text)


def _kinds(body: Body, title: Title, section: str, rules: FurnitureRules) -> Iterator[BlockKind]:
    """The kind of each block, before the user has a say."""
    within = [index for index, is_body in enumerate(body.is_body) if is_body]
    first, last = (within[0], within[-1]) if within else (0, -1)
    entries = _entries(body)
    opened = _opened(body, entries, first, last)
    cells = Counter(id(block.around) for block in body.blocks)
    prose = (index for index in within if is_sentence(body.blocks[index].text))
    opening = min(title.index or 0, next(prose, 0))
    section_key = key(section)
    for index, block in enumerate(body.blocks):
        if index == title.index:
            yield BlockKind.TITLE
        elif index in title.rest or (
            # One line of an address may be the same as the title.
            rules.wording
            and title.text
            and not block.is_line
            and is_repetition(block.text, title.text)
        ):
            yield BlockKind.REPEATED_TITLE
        elif section_key and key(block.text) == section_key:
            yield body.zones[index] or BlockKind.TAG  # where the page belongs, not what it says
        else:
            inside = first < index < last
            is_body = body.is_body[index] or (inside and index in entries) or index in opened
            wording = rules.by_wording(block.text)
            kind = _kind(
                block,
                body.zones[index],
                wording,
                is_body=is_body,
                inside=inside,
                is_cell=cells[id(block.around)] == 1,
            )
            if index < opening and kind is not BlockKind.CAPTION and not kind.is_furniture:
                kind = BlockKind.TAG  # a label above the title
            if index in entries and kind is BlockKind.TIME_STAMP:
                kind = BlockKind.PARAGRAPH
            yield kind


def _entries(body: Body) -> set[int]:
    """Headings and times of the entries of a page that has several, as live blogs do.

    What trafilatura leaves out of them: a heading with body directly behind it, and times, if there
    are several, with such a heading or body behind them.
    """
    found: set[int] = set()
    blocks = body.blocks
    times = {index for index, block in enumerate(blocks) if _TIME_OF_DAY.fullmatch(block.text)}
    for index in reversed(range(len(blocks) - 1)):
        leads_on = body.is_body[index + 1] or index + 1 in found
        around = blocks[index].around
        is_heading = around.element.tag in HEADINGS and body.zones[index] is None
        if leads_on and (is_heading or (len(times) > 1 and index in times)):
            found.add(index)
    return found


def _opened(body: Body, entries: Container[int], first: int, last: int) -> set[int]:
    """The heading and the time of the first entry: in front of the body, and like those in it."""

    def look(index: int) -> tuple[str, str]:
        around = body.blocks[index].around
        return around.element.tag, around.names

    looks = {look(index) for index in range(first + 1, last) if index in entries}
    before = reversed(range(first))
    return set(takewhile(lambda index: index in entries and look(index) in looks, before))


def _kind(
    block: Visible,
    zone: BlockKind | None,
    wording: BlockKind | None,
    *,
    is_body: bool,
    inside: bool,
    is_cell: bool,
) -> BlockKind:
    """The kind of a block that isn't the title.

    Args:
        block: which.
        zone: of furniture, that it is in.
        wording: the furniture that it is by that.
        is_body: whether it is among the article's words.
        inside: whether it stands between the first and the last block that is.
        is_cell: whether it is all of its element's own text, as in a table of figures.
    """
    if wording:
        return wording
    kind, tag = block.around.kind, block.around.element.tag
    if kind is BlockKind.CAPTION and tag != "figcaption" and len(block.text) > _CAPTION_CHARS:
        kind = BlockKind.PARAGRAPH
    if is_body and zone and _is_label(block, zone):
        return zone
    if kind is BlockKind.PARAGRAPH and _is_teaser(block, is_cell=is_cell) and (is_body or inside):
        return zone or BlockKind.RELATED
    if is_body or (inside and kind in (BlockKind.CAPTION, BlockKind.CODE)):
        return kind
    return zone or BlockKind.OTHER


def _is_label(block: Visible, zone: BlockKind) -> bool:
    """Whether a block in a zone of furniture is that although its words are the article's."""
    if zone is BlockKind.NAVIGATION:
        # A menu's entry may have words that stand in the article as well.
        return len(key(block.text)) < _MENU_CHARS
    if zone is BlockKind.COMMENT:
        return True
    if zone is BlockKind.NOTICE:
        return block.around.zone_at is not None and block.around.zone_at.is_offer
    if zone in (BlockKind.BYLINE, BlockKind.TIME_STAMP, BlockKind.TAG):
        return not is_sentence(block.text)
    return zone is BlockKind.RELATED and block.linked_ratio >= _LINKED_RATIO


def _is_teaser(block: Visible, *, is_cell: bool) -> bool:
    """Whether a block is a link from end to end, or behind a label, and no sentence.

    In tables there are such, other than in those that only lay out a page.
    """
    return (
        (block.linked_ratio >= _LINKED_RATIO or _is_announced(block))
        and not (is_cell and block.around.element.tag in ("td", "th"))
        and not is_sentence(block.text)
    )


def _is_announced(block: Visible) -> bool:
    """Whether a block is a label ("Watch:") and a link to something that has a title."""
    label, _, title = block.text.partition(":")
    chars, linked = len(title.strip()), block.linked_ratio * len(block.text)
    return (
        len(label.split()) <= _LABEL_WORDS
        and len(title.split()) >= _TITLE_WORDS
        and 0.9 * chars <= linked <= 1.1 * chars
    )


def _base(tree: HtmlElement, address: str) -> str:
    """What the links of a page are relative to."""
    stated = safe_address(tree.xpath("string(//base/@href)"), address)
    return stated if stated.startswith("http") else address
