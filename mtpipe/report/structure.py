"""Lists and tables of a page again, from the places of its blocks.

A block knows the XPath of its element, which says which list or table it stands in. Not for the
text of blocks: who calls gives it.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby

from mtpipe.types import BlockKind, TranslatedBlock

__all__ = ["structured"]

Element = Callable[[TranslatedBlock], str]
Content = Callable[[TranslatedBlock], str]

_CELL = re.compile(
    r"(?P<table>.*/table(?:\[\d+\])?)(?P<row>/.*?tr(?:\[\d+\])?)/(?P<cell>t[dh])(?P<number>\[\d+\])?"
)
_ITEM = re.compile(r".*/(?:li|dd|dt)(?:\[\d+\])?(?=/|$)")
_LIST = re.compile(r"/(ul|ol|dl|menu)(?:\[\d+\])?(?=/)")


def structured(
    blocks: Sequence[TranslatedBlock], element: Element, content: Content
) -> Iterator[str]:
    """HTML of blocks, with lists and tables around those that stood in one.

    Args:
        blocks: of an article, in order.
        element: a block as an element of its own.
        content: what is inside it.
    """
    for table, run in groupby(blocks, _table_of):
        if table:
            yield from _table(list(run), element, content)
        else:
            yield from _with_lists(list(run), element, content)


def _is_list_item(block: TranslatedBlock) -> bool:
    return block.block.kind is BlockKind.LIST_ITEM


def _table_of(block: TranslatedBlock) -> str:
    found = _CELL.match(block.block.place.path)
    return found["table"] if found else ""


def _table(blocks: Sequence[TranslatedBlock], element: Element, content: Content) -> Iterator[str]:
    yield "<table>\n"
    places = {id(block): _CELL.match(block.block.place.path) for block in blocks}

    def row_of(block: TranslatedBlock) -> str:
        found = places[id(block)]
        return found["row"] if found else ""

    def cell_of(block: TranslatedBlock) -> tuple[str, str]:
        found = places[id(block)]
        return (found["cell"], found["number"] or "") if found else ("td", "")

    for _, row in groupby(blocks, row_of):
        cells = (
            f"<{name}>{_cell(list(inside), element, content)}</{name}>"
            for (name, _), inside in groupby(row, cell_of)
        )
        yield f"<tr>{''.join(cells)}</tr>\n"
    yield "</table>\n"


def _cell(blocks: list[TranslatedBlock], element: Element, content: Content) -> str:
    """A paragraph's text by itself; whatever else is in a cell as elements."""
    if len(blocks) == 1 and blocks[0].block.kind is BlockKind.PARAGRAPH:
        return content(blocks[0])
    return "".join(_with_lists(blocks, element, content))


def _with_lists(
    blocks: Sequence[TranslatedBlock], element: Element, content: Content
) -> Iterator[str]:
    """HTML of blocks, with lists around those that stood in one."""
    for is_list, items in groupby(blocks, _is_list_item):
        if is_list:
            yield from _list([(_lists_of(block), block) for block in items], 0, content)
        else:
            yield from (f"{element(block)}\n" for block in items)


def _lists_of(block: TranslatedBlock) -> tuple[tuple[str, str], ...]:
    """The lists that a block stands in, the outermost first: where each is, and its element."""
    path = block.block.place.path
    found = [(path[: match.end()], match[1]) for match in _LIST.finditer(path)]
    return tuple(found) or (("", "ul"),)


def _is_same_item(one: TranslatedBlock, other: TranslatedBlock) -> bool:
    """Whether two blocks are paragraphs of one list item."""
    places = [_ITEM.match(block.block.place.path) for block in (one, other)]
    return bool(places[0] and places[1] and places[0][0] == places[1][0])


_Items = list[tuple[tuple[tuple[str, str], ...], TranslatedBlock]]


def _list(items: _Items, depth: int, content: Content) -> Iterator[str]:
    """Items of one or several lists of that depth, with the lists within them."""
    for (_, tag), run in groupby(items, lambda item: item[0][min(depth, len(item[0]) - 1)]):
        name = "ol" if tag == "ol" else "ul"
        yield f"<{name}>\n"
        waiting = list(run)
        while waiting:
            lists, block = waiting.pop(0)
            inner: _Items = []
            if len(lists) > depth + 1:  # a list without a text of its own above it
                inner.append((lists, block))
                yield "<li>"
            else:
                yield f"<li>{content(block)}"
                while waiting and waiting[0][0] == lists and _is_same_item(block, waiting[0][1]):
                    yield f"<br>{content(waiting.pop(0)[1])}"
            while waiting and len(waiting[0][0]) > depth + 1:
                inner.append(waiting.pop(0))
            yield from _list(inner, depth + 1, content)
            yield "</li>\n"
        yield f"</{name}>\n"
