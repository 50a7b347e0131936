"""A user's own say in what is furniture, before the rules of :mod:`mtpipe.ingest.furniture`.

A text that matches a pattern is kept or dropped; else the nearest element that a selector names
decides, in pages; else the built-in rules do. Where both are asked for, it is kept.
"""

from collections.abc import Mapping, Sequence

import regex as re
from lxml.html import HtmlElement

from mtpipe.config import FurnitureSettings
from mtpipe.errors import ConfigError, InputError
from mtpipe.ingest.furniture import furniture_kind
from mtpipe.ingest.selectors import Selector
from mtpipe.types import BlockKind

__all__ = ["BUILT_IN", "FurnitureRules"]

_PATTERN_TIMEOUT_S = 0.5


class FurnitureRules:
    """What is furniture, by the built-in rules and a user's own.

    Args:
        settings: the user's.

    Attributes:
        settings: what they were made of, as plain data.

    Raises:
        ConfigError: a selector or a pattern isn't one.
    """

    def __init__(self, settings: FurnitureSettings | None = None) -> None:
        given = settings or FurnitureSettings()
        self.settings = given
        self.wording = given.wording
        self._drop_text = [_pattern(text) for text in given.drop_text]
        self._keep_text = [_pattern(text) for text in given.keep_text]
        self._drop_selector = [Selector(text) for text in given.drop_selector]
        self._keep_selector = [Selector(text) for text in given.keep_selector]

    def by_wording(self, text: str) -> BlockKind | None:
        """As :func:`~mtpipe.ingest.furniture.furniture_kind`, unless wording isn't to count."""
        kind = furniture_kind(text)
        return kind if self.wording or kind is BlockKind.SEPARATOR else None

    def wanted(self, text: str) -> bool | None:
        """Whether a block is to be kept or dropped for its text; None where the user doesn't say.

        Raises:
            InputError: a pattern takes too long on this text.
        """
        if _any_found(self._keep_text, text):
            return True
        return False if _any_found(self._drop_text, text) else None

    def wanted_blocks(
        self, tree: HtmlElement, blocks: Sequence[tuple[HtmlElement, str]]
    ) -> list[bool | None]:
        """The same for blocks of a page, for their texts or else for where they stand.

        Args:
            tree: the page.
            blocks: element and text of each.

        Raises:
            InputError: a pattern takes too long on a text.
        """
        selected = self._selected(tree)
        by_text = (self.wanted(text) for _, text in blocks)
        return [
            selected.get(element) if own is None else own
            for own, (element, _) in zip(by_text, blocks, strict=True)
        ]

    def decided(self, kind: BlockKind, wanted: bool | None, *, body: BlockKind) -> BlockKind:
        """The kind of a block after the user had a say.

        Args:
            kind: what the built-in rules make of it.
            wanted: see :meth:`wanted`.
            body: what it is if it is kept.
        """
        if wanted is None or wanted is not kind.is_furniture:
            return kind
        return body if wanted else BlockKind.OTHER

    def _selected(self, tree: HtmlElement) -> Mapping[HtmlElement, bool]:
        """The elements that selectors keep or drop; what stands in an element goes with it."""
        if not (self._keep_selector or self._drop_selector):
            return {}
        elements = list(tree.iter("*"))  # held, or lxml would make other objects of them
        kept, dropped = (
            {element for selector in selectors for element in selector.found_in(elements)}
            for selectors in (self._keep_selector, self._drop_selector)
        )
        says: dict[HtmlElement, bool] = {}
        for element in elements:
            if element in kept or element in dropped:
                says[element] = element in kept
            elif (parent := element.getparent()) in says:
                says[element] = says[parent]
        return says


BUILT_IN = FurnitureRules()
"""No rules of a user's own."""


def _any_found(patterns: Sequence[re.Pattern[str]], text: str) -> bool:
    for pattern in patterns:
        try:
            if pattern.search(text, timeout=_PATTERN_TIMEOUT_S):
                return True
        except TimeoutError:
            raise InputError(
                f"the pattern {pattern.pattern!r} takes too long on {text[:40]!r}",
                hint="make it simpler: nested repetitions such as (a+)+ never end",
            ) from None
    return False


def _pattern(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error as exc:
        raise ConfigError(f"no regular expression: {text!r}: {exc}") from exc
