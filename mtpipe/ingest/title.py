"""The title of an article: what the page states, and which of its headings shows it.

Sites put their own name into ``<h1>`` and behind titles, and labels ("Politics:") in front of them.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from mtpipe.ingest.around import HEADINGS, Around
from mtpipe.ingest.furniture import is_repetition
from mtpipe.ingest.page import collapse, key, words
from mtpipe.ingest.visible import Visible

__all__ = ["Title", "find_title", "without_site"]

_DIVIDER = re.compile(r"\s+[|–—·•»:-]\s+|\s*\|\s*|:\s+")
_KICKER_WORDS = 4
_LABEL_WORDS = re.compile(
    r"kicker|top-?line|over-?line|eyebrow|dachzeile|rubri[ck]|surtitre|roofline|overtitle"
    r"|(?<![a-z])(?:label|category|section|ressort|flag|tag)(?![a-z])",
    re.IGNORECASE,
)
_LABEL_TAGS = frozenset(("span", "small", "a", "em", "strong", "b", "i", "mark"))
_SHORTEST_NAME = 3
_MOST_NAME_WORDS = 6
_MOST_TITLE_CHARS = 1_000
_MOST_HEADINGS = 50
_MOST_DIVIDERS = 5


@dataclass(frozen=True, slots=True)
class Title:
    """A title as found.

    Attributes:
        text: its wording; empty if there is none.
        index: of the block that shows it; None if none does.
        skipped: characters of that block's text in front of the title: a label.
        rest: indices of further blocks that belong to it.
    """

    text: str
    index: int | None = None
    skipped: int = 0
    rest: frozenset[int] = frozenset()


def without_site(title: str, site: str) -> str:
    """A title without the name of its site behind or in front of it.

    >>> without_site("Bridge closed - The Courier", "Courier")
    'Bridge closed'
    """
    name = key(site)
    for _ in range(2):
        dividers = list(_DIVIDER.finditer(title[:_MOST_TITLE_CHARS]))
        if not dividers or len(name) < _SHORTEST_NAME:
            break
        front, back = dividers[0], dividers[-1]
        if _names_site(title[back.end() :], site):
            rest = title[: back.start()]
        elif key(title[: front.start()]) == name:
            rest = title[front.end() :]
        else:
            break
        title = rest if rest.strip() else title
    return title


def find_title(stated: str, window: str, names: Sequence[str], blocks: Sequence[Visible]) -> Title:
    """The title, by the headings of a page and what its head states.

    Args:
        stated: what the head states.
        window: what is in ``<title>``.
        names: of the site and of the section, which are no titles; the site's first.
        blocks: of the page.
    """
    headings = [index for index, block in enumerate(blocks) if block.around.in_h1][:_MOST_HEADINGS]
    stated = _as_shown(without_site(stated, names[0]), blocks, has_heading=bool(headings))
    if stated:
        for index in headings:
            if found := _confirmed(blocks, index, stated):
                return found
        if found := _in_parts(blocks, headings, stated):
            return found
        stated_key = key(stated)
        for index, block in enumerate(blocks):
            if block.around.element.tag in HEADINGS and key(block.text) == stated_key:
                return Title(block.text, index)
    # A single <h1> is the title even where the head words it otherwise; of several only one that
    # the head confirms, since sites put their own name and their sections' into <h1> as well.
    elements = {id(_h1_of(blocks[index].around)) for index in headings}
    if not headings or (stated and len(elements) > 1):
        return _by_window(window, names, blocks, headings) or Title(stated)
    block = blocks[headings[0]]
    if stated and _is_name(block.text, stated, window, names):
        return Title(stated)
    skipped = _label_chars(block)
    return Title(block.text[skipped:], headings[0], skipped)


def _as_shown(stated: str, blocks: Sequence[Visible], *, has_heading: bool) -> str:
    """A title without what stands behind its last divider, if the page shows it so.

    Where no ``<h1>`` shows a title, what stands in front of a divider may go as well ("Print - ").
    """
    dividers = list(_DIVIDER.finditer(stated[:_MOST_TITLE_CHARS]))
    if not dividers:
        return stated
    shown = {key(block.text[:_MOST_TITLE_CHARS]) for block in blocks}
    if key(stated) in shown:
        return stated
    starts, ends = [0], [dividers[-1].start()]
    if not has_heading:
        starts += [divider.end() for divider in dividers[:_MOST_DIVIDERS]]
        ends += [*(divider.start() for divider in dividers[:_MOST_DIVIDERS]), len(stated)]
    parts = (stated[start:end] for start in starts for end in ends if start < end)
    found = [part for part in parts if len(part.split()) > 1 and key(part) in shown]
    return max(found, key=len, default=stated)


def _by_window(
    window: str, names: Sequence[str], blocks: Sequence[Visible], headings: Sequence[int]
) -> Title | None:
    """The title if one heading of several shows what the window does, and that is no name."""
    stated = without_site(window, names[0])
    for index in headings if stated else ():
        found = _confirmed(blocks, index, stated)
        if found and not _is_name(blocks[index].text, "", window, names):
            return found
    return None


def _confirmed(blocks: Sequence[Visible], index: int, stated: str) -> Title | None:
    """The title if a heading and the head agree, up to a label that one of them has."""
    text = blocks[index].text
    skipped = _label_chars(blocks[index])
    for start in dict.fromkeys((skipped, 0)):
        shown = text[start:]
        if is_repetition(shown, stated) or (
            _ends_with(stated, shown) and _is_label(stated, shown, divided=True)
        ):
            return Title(shown, index, start)
    if _ends_with(text, stated) and _is_label(text, stated, divided=False):
        start = _start_of(text, stated)
        if _is_apart(blocks[index], text[:start]):
            return Title(text[start:], index, start)
    return None


def _in_parts(blocks: Sequence[Visible], headings: list[int], stated: str) -> Title | None:
    """The title if the blocks of one heading make it up."""
    for index in headings:
        own = _h1_of(blocks[index].around)
        rest = [
            other
            for other in range(index + 1, min(index + 5, len(blocks)))
            if _h1_of(blocks[other].around) is own
        ]
        whole = " ".join(blocks[number].text for number in (index, *rest))
        if rest and key(whole) == key(stated):
            return Title(stated, index, 0, frozenset(rest))
    return None


def _h1_of(around: Around) -> Around | None:
    found: Around | None = around
    while found and found.element.tag != "h1":
        found = found.parent
    return found


def _ends_with(longer: str, shorter: str) -> bool:
    start, whole = key(shorter), key(longer)
    return 0 < len(start) < len(whole) and whole.endswith(start)


def _start_of(text: str, ending: str) -> int:
    """Offset at which a text has the letters of an ending and no more."""
    left = len(key(ending))
    for offset in range(len(text) - 1, -1, -1):
        left -= len(key(text[offset]))
        if left <= 0:
            break
    while offset > 0 and not text[offset - 1].isspace():
        offset -= 1  # a quotation mark
    return offset


def _is_label(longer: str, shorter: str, *, divided: bool) -> bool:
    """Whether what a text has in front of another is a label; one in plain text has a colon or so."""
    label = longer[: _start_of(longer, shorter)].rstrip()
    return len(label.split()) <= _KICKER_WORDS and (
        not divided or label.endswith((":", "|", "–", "—", "-", "»", "•"))
    )


def _is_apart(block: Visible, label: str) -> bool:
    """Whether a label at the beginning of a heading has an element or a line of its own."""
    chunks = (chunk for chunk in block.around.element.itertext() if chunk.strip())
    return key(next(chunks, "")) == key(label)


def _label_chars(block: Visible) -> int:
    """Characters of a label that a heading begins with, in an element of its own."""
    element = block.around.element
    first = next(iter(element), None)
    if first is None or (element.text or "").strip() or first.tag not in _LABEL_TAGS:
        return 0
    label = collapse("".join(first.itertext()))
    names = f"{first.get('class') or ''} {first.get('id') or ''}"[:_MOST_TITLE_CHARS]
    is_label = (
        first.tag == "small"
        or (first.tag == "span" and label.endswith(":"))
        or _LABEL_WORDS.search(names)
    )
    if not label or not is_label or len(label.split()) > _KICKER_WORDS:
        return 0
    if not block.text.startswith(label) or len(block.text) == len(label):
        return 0
    return len(block.text) - len(block.text[len(label) :].lstrip(" :|–—-·•»"))


def _is_name(heading: str, stated: str, window: str, names: Sequence[str]) -> bool:
    """Whether a heading is the site's name or a section's, by what is known or ``<title>`` ends in."""
    own = key(heading)
    if any(name and own == key(name) for name in names):
        return True
    if names[0] and set(words(heading)) <= set(words(names[0])):
        return True
    parts = _DIVIDER.split(window[:_MOST_TITLE_CHARS])
    return len(parts) > 1 and own == key(parts[-1]) != key(stated)


def _names_site(part: str, site: str) -> bool:
    """Whether a part of a title is a site's name, a part of it ("Courier"), or has a word more."""
    own, name = set(words(part)), set(words(site))
    if len(key(part)) < _SHORTEST_NAME or len(own) > _MOST_NAME_WORDS:
        return False
    return own <= name or (name <= own and len(own) <= len(name) + 1)
