"""The body of an article among the blocks of its page.

trafilatura finds it, and every block is body whose words are trafilatura's. Where that leaves a
hole, the page's own order fills it; where trafilatura has text that no block shows, as in data for
machines, that text is taken.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from lxml.html import HtmlElement

from mtpipe.errors import UnreadableArticle
from mtpipe.ingest.around import Around
from mtpipe.ingest.embedded import article_body, has_text_without_scripts
from mtpipe.ingest.extraction import Run, extracted
from mtpipe.ingest.page import key
from mtpipe.ingest.visible import Visible, visible_blocks
from mtpipe.ingest.wording import Wording
from mtpipe.types import BlockKind

__all__ = ["Body", "find_body"]

_COVERED_RATIO = 0.7
"""A block with one foreign insertion, such as a link's label, is body all the same."""

_SHOWN_RATIO = 0.5
_MISSING_RATIO = 0.2
"""Share of trafilatura's words that no block shows, from which on a page shows its article elsewhere."""

_LEAST_WORDS = 20
"""Of text that no block shows; less is a notice."""

_MOST_BLOCKS = 5_000
"""Of a page that is worth second opinions; no article's page has as many."""

_MAX_BLOCKS, _MAX_CHARS = 15_000, 1_500_000
"""Of a page that is read at all; without these limits pages of 49,000 elements took up to 17 s."""

_PROSE_WORDS = 8
_LINKED_RATIO = 0.3
_REPEATED_CHARS = 20
_LEAD_WORDS = re.compile(
    r"lead(?!er)|lede|intro|stand-?first|(?<![a-z])de[ck]k?(?![a-z])|vorspann|chapo|chapeau|teaser"
    r"|summary|excerpt|sub-?(?:title|head)|abstract",
    re.IGNORECASE,
)
_DECK_WORDS = re.compile(
    r"lead(?!er)|lede|stand-?first|(?<![a-z])de[ck]k?(?![a-z])|vorspann|chapo|chapeau"
    r"|sub-?(?:title|head)",
    re.IGNORECASE,
)
"""What is called so is a lead without a full stop, too."""
_SENTENCE_ENDS = frozenset(".!?…\"'”“»›’)]")


@dataclass
class Body:
    """The blocks of a page, and which are the article's.

    Attributes:
        blocks: all that a browser shows, in reading order.
        is_body: of each, whether it is of the article.
        zones: of each, the zone of furniture that it is in.
        unseen: text of the article that no block shows, by the index of the block that it goes
            behind; -1 for the beginning.
    """

    blocks: Sequence[Visible]
    is_body: list[bool]
    zones: Sequence[BlockKind | None]
    unseen: dict[int, list[Run]] = field(default_factory=dict)

    @property
    def words(self) -> int:
        """How many the article has."""
        shown = (block.text for block, body in zip(self.blocks, self.is_body, strict=True) if body)
        return _count(shown) + _count(run.text for runs in self.unseen.values() for run in runs)


def find_body(tree: HtmlElement, base: str) -> Body:
    """Find the article in a page.

    Args:
        tree: of the page; isn't changed.
        base: what its links are relative to.

    Raises:
        UnreadableArticle: trafilatura can't read the page, or it is far longer than an article.
    """
    blocks = _blocks(tree, base)
    body = _matched(blocks, extracted(tree, second_opinions=len(blocks) <= _MOST_BLOCKS))
    if any(body.is_body) and not body.unseen:
        return body
    if has_text_without_scripts(tree):
        shown = _blocks(tree, base, noscript=True)
        is_usual = len(shown) <= _MOST_BLOCKS
        opened = _matched(shown, extracted(tree, noscript=True, second_opinions=is_usual))
        if any(opened.is_body) and opened.words >= body.words:
            return opened
    _take_stated(body, article_body(tree))
    return body


def _blocks(tree: HtmlElement, base: str, *, noscript: bool = False) -> list[Visible]:
    blocks: list[Visible] = []
    chars = 0
    for block in visible_blocks(tree, base, noscript=noscript):
        blocks.append(block)
        chars += len(block.text)
        if len(blocks) > _MAX_BLOCKS or chars > _MAX_CHARS:
            raise UnreadableArticle(
                f"no article's page: more than {_MAX_BLOCKS:,} blocks or {_MAX_CHARS:,} characters"
            )
    return blocks


def _take_stated(body: Body, stated: Sequence[str]) -> None:
    """Take the article that a page states, if it is all of what trafilatura has and no block shows.

    It comes in paragraphs there, or is all of what trafilatura has a part of.
    """
    wording = Wording(stated)
    unseen = (run.text for runs in body.unseen.values() for run in runs)
    if stated and all(wording.covered_ratio(text) >= _SHOWN_RATIO for text in unseen):
        body.unseen = _unseen(body.blocks, [Run(BlockKind.PARAGRAPH, text) for text in stated])


def _matched(blocks: list[Visible], runs: list[Run]) -> Body:
    wording = Wording(run.text for run in runs)
    keys = [key(block.text) for block in blocks]
    shown = set(keys)
    # What a block shows as it is makes no excerpt of it body.
    rest = Wording(run.text for run in runs if key(run.text) not in shown)
    is_body = [
        text in wording.keys or rest.covered_ratio(block.text) >= _COVERED_RATIO
        for text, block in zip(keys, blocks, strict=True)
    ]
    _drop_repetitions(blocks, is_body, wording)
    zones = _zones(blocks, is_body)
    if any(is_body):
        _fill(blocks, is_body, zones)
    return Body(blocks, is_body, zones, _unseen(blocks, runs))


def _zones(blocks: Sequence[Visible], is_body: Sequence[bool]) -> list[BlockKind | None]:
    """The zone of each block; zones of one name that have half of the article are only called so."""
    names = [
        f"{at.element.tag} {at.names}" if (at := block.around.zone_at) else "" for block in blocks
    ]
    sizes: Counter[str] = Counter()
    for name, block, body in zip(names, blocks, is_body, strict=True):
        sizes[name] += len(block.text) * body
    whole = sizes.total()
    return [
        None if 2 * sizes[name] > whole else block.around.zone
        for name, block in zip(names, blocks, strict=True)
    ]


def _drop_repetitions(blocks: Sequence[Visible], is_body: list[bool], wording: Wording) -> None:
    """Take a text once that the page shows again elsewhere and trafilatura has once.

    Of two the one that stands where more of the article does.
    """
    homes = [block.around.home for block in blocks]
    sizes: Counter[Around] = Counter()
    for home, block, body in zip(homes, blocks, is_body, strict=True):
        sizes[home] += len(block.text) * body
    taken: dict[str, list[int]] = {}
    for index, block in enumerate(blocks):
        if not is_body[index] or len(text := key(block.text)) < _REPEATED_CHARS:
            continue
        before = taken.setdefault(text, [])
        if len(before) < wording.keys[text] or not before or homes[before[-1]] is homes[index]:
            before.append(index)
            continue
        if sizes[homes[before[-1]]] < sizes[homes[index]]:
            is_body[before[-1]] = False
            before[-1] = index
        else:
            is_body[index] = False


def _fill(
    blocks: Sequence[Visible], is_body: list[bool], zones: Sequence[BlockKind | None]
) -> None:
    """Take what trafilatura left out of the article, by where it stands."""
    first, last = is_body.index(True), len(is_body) - 1 - is_body[::-1].index(True)
    for index in _holes(blocks, is_body, first, last):
        is_body[index] = _is_prose(blocks[index], zones[index])
    for index in _tail(blocks, last):
        is_body[index] = _is_prose(blocks[index], zones[index])
    # trafilatura may have the heading as well.
    first = next((n for n in range(first, last) if is_body[n] and not blocks[n].around.in_h1), last)
    heading = next((n for n in reversed(range(first)) if blocks[n].around.in_h1), first)
    for index in _leads(blocks, heading, first):
        # What has the page's heading is its header, not one with menus.
        is_header = blocks[index].around.zone_at is blocks[heading].around.zone_at
        is_body[index] = _is_lead(blocks[index], None if is_header else zones[index])


def _holes(
    blocks: Sequence[Visible], is_body: Sequence[bool], first: int, last: int
) -> Iterator[int]:
    """Blocks between two of the article that have their parent in common with both."""
    behind: dict[int, Around] = {}
    home = blocks[last].around.home
    for index in range(last, first, -1):
        behind[index] = home
        home = blocks[index].around.home if is_body[index] else home
    home = blocks[first].around.home
    for index in range(first + 1, last):
        if is_body[index]:
            home = blocks[index].around.home
        elif home is behind[index] is blocks[index].around.home:
            yield index


def _tail(blocks: Sequence[Visible], last: int) -> Iterator[int]:
    """Text in no paragraph behind the article's last block: trafilatura loses it with its heading."""
    home = blocks[last].around.home
    for index in range(last + 1, len(blocks)):
        if blocks[index].around.home is not home:
            break
        if blocks[index].around is home:
            yield index


def _leads(blocks: Sequence[Visible], heading: int, first: int) -> Iterator[int]:
    """What stands beside the page's heading, or is called a lead, in front of the article."""
    home = blocks[heading].around.home
    for index in range(heading + 1, first):
        around = blocks[index].around
        if around.home is home or _LEAD_WORDS.search(f"{around.names} {around.home.names}"):
            yield index


def _is_prose(block: Visible, zone: BlockKind | None) -> bool:
    return block.text[-1] in _SENTENCE_ENDS and _is_text(block, zone)


def _is_lead(block: Visible, zone: BlockKind | None) -> bool:
    names = f"{block.around.names} {block.around.home.names}"
    return _is_prose(block, zone) or (
        _DECK_WORDS.search(names) is not None and _is_text(block, zone)
    )


def _is_text(block: Visible, zone: BlockKind | None) -> bool:
    return (
        zone in (None, BlockKind.RELATED)  # leads are called teasers as well
        and block.around.kind is not BlockKind.CAPTION
        and block.linked_ratio <= _LINKED_RATIO
        and len(block.text.split()) >= _PROSE_WORDS
    )


def _unseen(blocks: Sequence[Visible], runs: Sequence[Run]) -> dict[int, list[Run]]:
    """What no block shows, if it is more than a remainder."""
    places: dict[str, int] = {}
    for index, block in enumerate(blocks):
        places.setdefault(key(block.text), index)
    if all(key(run.text) in places for run in runs):
        return {}
    wording = Wording(block.text for block in blocks)
    unseen: dict[int, list[Run]] = {}
    place = _start(blocks)
    for run in runs:
        if wording.covered_ratio(run.text) >= _SHOWN_RATIO:
            place = places.get(key(run.text), place)
        else:
            unseen.setdefault(place, []).append(run)
    missing = _count(run.text for some in unseen.values() for run in some)
    if missing < _LEAST_WORDS or missing < _MISSING_RATIO * _count(run.text for run in runs):
        return {}
    return unseen


def _start(blocks: Sequence[Visible]) -> int:
    """The index of the block that an article begins behind."""
    return next((index for index, block in enumerate(blocks) if block.around.in_h1), -1)


def _count(texts: Iterable[str]) -> int:
    return sum(len(text.split()) for text in texts)
