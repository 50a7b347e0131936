"""CSS selectors on a page, matched in one walk whatever the page is like.

Those of one element and its ancestors: ``p``, ``.teaser``, ``#menu``, ``[rel=next]``, ``nav a``,
``article > .lead``, and several parted by commas. No siblings and no pseudo-classes: libraries that
know those take the square of a page's size, and pages come from anywhere.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from lxml.html import HtmlElement

from mtpipe.errors import ConfigError

__all__ = ["Selector"]

_NAME = r"-?[^\W\d][\w-]*"
_PART = re.compile(
    rf"""(?P<tag>\*|{_NAME})
        |\.(?P<class>[\w-]+)
        |\#(?P<id>[\w-]+)
        |\[\s*(?P<name>{_NAME})\s*(?:(?P<sign>[~^$*|]?=)\s*
            (?:"(?P<double>[^"]*)"|'(?P<single>[^']*)'|(?P<bare>[\w-]+))\s*)?\]
    """,
    re.VERBOSE,
)
_COMBINATOR = re.compile(r"\s*(?P<sign>[>,])\s*|\s+")
_MOST_STEPS = 32
_MATCHES: dict[str | None, Callable[[str, str], bool]] = {
    None: lambda _stated, _wanted: True,
    "=": lambda stated, wanted: stated == wanted,
    "~=": lambda stated, wanted: wanted in stated.split(),
    "^=": lambda stated, wanted: bool(wanted) and stated.startswith(wanted),
    "$=": lambda stated, wanted: bool(wanted) and stated.endswith(wanted),
    "*=": lambda stated, wanted: bool(wanted) and wanted in stated,
    "|=": lambda stated, wanted: stated == wanted or stated.startswith(f"{wanted}-"),
}


@dataclass(frozen=True, slots=True)
class _Step:
    """What one element has to have.

    Attributes:
        tag: its name; None for any.
        attributes: name, sign and value of what is asked of each.
        is_child: whether the step before has to match its parent, not just any ancestor.
    """

    tag: str | None
    attributes: tuple[tuple[str, str | None, str], ...]
    is_child: bool

    def matches(self, element: HtmlElement) -> bool:
        if self.tag and element.tag != self.tag:
            return False
        for name, sign, wanted in self.attributes:
            stated = element.get(name)
            if stated is None or not _MATCHES[sign](stated, wanted):
                return False
        return True


class Selector:
    """A list of CSS selectors, parted by commas.

    Args:
        text: as a user writes it.

    Raises:
        ConfigError: it isn't one, or asks for more than this module knows.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._chains = list(_chains(text))

    def found_in(self, elements: Iterable[HtmlElement]) -> set[HtmlElement]:
        """The elements that match, none of them because of what is in it.

        Args:
            elements: all of a page, parents before their children.
        """
        found: set[HtmlElement] = set()
        for chain in self._chains:
            found |= _matching(chain, elements)
        return found


def _matching(chain: list[_Step], elements: Iterable[HtmlElement]) -> set[HtmlElement]:
    """The elements that a chain of steps ends at."""
    found: set[HtmlElement] = set()
    # Which steps an element matches, and which it or any of its ancestors does, as bits.
    reached: dict[HtmlElement | None, tuple[int, int]] = {}
    for element in elements:
        own_of_parent, above = reached.get(element.getparent(), (0, 0))
        own = 0
        for number, step in enumerate(chain):
            before = own_of_parent if step.is_child else above
            if (number == 0 or before >> (number - 1) & 1) and step.matches(element):
                own |= 1 << number
        reached[element] = own, above | own
        if own >> (len(chain) - 1):
            found.add(element)
    return found


def _chains(text: str) -> Iterable[list[_Step]]:
    chain: list[_Step] = []
    is_child, position = False, 0
    rest = text.strip()
    while True:
        step, position = _step(rest, position, text, is_child=is_child)
        chain.append(step)
        if len(chain) > _MOST_STEPS:
            raise _refused(text)
        if position == len(rest):
            yield chain
            return
        combinator = _COMBINATOR.match(rest, position)
        if combinator is None:
            raise _refused(text)
        position = combinator.end()
        is_child = combinator["sign"] == ">"
        if combinator["sign"] == ",":
            yield chain
            chain = []


def _step(rest: str, position: int, text: str, *, is_child: bool) -> tuple[_Step, int]:
    tag: str | None = None
    attributes: list[tuple[str, str | None, str]] = []
    begin = position
    while part := _PART.match(rest, position):
        if part["tag"]:
            if position != begin:
                break
            tag = None if part["tag"] == "*" else part["tag"].lower()
        elif part["class"]:
            attributes.append(("class", "~=", part["class"]))
        elif part["id"]:
            attributes.append(("id", "=", part["id"]))
        else:
            value = part["double"] or part["single"] or part["bare"] or ""
            attributes.append((part["name"].lower(), part["sign"], value))
        position = part.end()
    if position == begin:
        raise _refused(text)
    return _Step(tag, tuple(attributes), is_child), position


def _refused(text: str) -> ConfigError:
    return ConfigError(
        f"no selector that can be used: {text!r}",
        hint="elements, .classes, #ids, [attributes], descendants and children (>) can be selected, "
        "for example: article > .teaser",
    )
