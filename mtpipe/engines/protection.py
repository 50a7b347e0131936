"""What a model does badly is kept out of its way, and put back into its translation.

What is withheld, and how, :mod:`mtpipe.engines.withheld` and :mod:`mtpipe.engines.capitals` know;
here is what of them applies to a segment. Not for mistakes that a translation has
(:mod:`mtpipe.engines.mending`).
"""

from collections.abc import Callable
from dataclasses import replace
from enum import StrEnum

from mtpipe.engines.capitals import in_usual_spelling, is_in_capitals
from mtpipe.engines.names import with_names
from mtpipe.engines.repair import Outcome
from mtpipe.engines.safety import with_addresses
from mtpipe.engines.withheld import Withheld, inner, withhold
from mtpipe.types import Direction


class Safeguards(StrEnum):
    """How much is done about what models do badly; each includes the ones before it.

    ``NONE`` decodes what is there. ``FLAG`` flags evident mistakes; the output is the same.
    ``PROTECT`` withholds what the model can't write (emoji, other scripts) and puts it back where
    it stood, and gives it text in capitals in usual spelling. ``REPAIR`` decodes segments with
    evident mistakes again in other ways.
    """

    NONE = "none"
    FLAG = "flag"
    PROTECT = "protect"
    REPAIR = "repair"

    @property
    def flags(self) -> bool:
        """Whether evident mistakes are looked for."""
        return self is not Safeguards.NONE

    @property
    def protects(self) -> bool:
        """Whether models get something else than the segment where that helps."""
        return self in (Safeguards.PROTECT, Safeguards.REPAIR)

    @property
    def repairs(self) -> bool:
        """Whether segments with evident mistakes are decoded again."""
        return self is Safeguards.REPAIR


class Protection:
    """Prepares segments for a model, and puts its output in order.

    Args:
        safeguards: without ``PROTECT`` or more, everything stays as it is.
        is_writable: whether the model can write a character.
        count: source tokens of a text.
    """

    def __init__(
        self,
        safeguards: Safeguards,
        is_writable: Callable[[str], bool],
        count: Callable[[str], int],
    ) -> None:
        self._safeguards = safeguards
        self._is_writable = is_writable
        self._count = count

    def given(self, segment: str, direction: Direction) -> str:
        """What the model gets of a segment; empty if it has nothing to translate."""
        withheld = self._withheld(segment)
        return self._spelt(segment if withheld is None else withheld.text, direction)

    def whole(self, segment: str, direction: Direction) -> str:
        """The segment with what is withheld, spelt as :meth:`given`."""
        return self._spelt(inner(segment, self._withheld(segment)), direction)

    def restored(self, segment: str, outcome: Outcome, direction: Direction) -> Outcome:
        """What came of a segment, with what can be put right without decoding again."""
        withheld = self._withheld(segment)
        if self._safeguards.protects and is_in_capitals(withheld.text if withheld else segment):
            outcome = replace(outcome, text=outcome.text.upper())
        if withheld:
            text, is_whole = withheld.restored(outcome.text)
            outcome = replace(outcome, text=text, misplaced=not is_whole)
        if self._safeguards.protects:
            outcome = replace(outcome, text=with_names(segment, outcome.text, direction))
        if not self._safeguards.repairs:
            return outcome
        return replace(outcome, text=with_addresses(segment, outcome.text))

    def _withheld(self, segment: str) -> Withheld | None:
        return withhold(segment, self._is_writable) if self._safeguards.protects else None

    def _spelt(self, text: str, direction: Direction) -> str:
        """A text in capitals in usual spelling; empty if it is nothing but abbreviations."""
        if not self._safeguards.protects or not is_in_capitals(text):
            return text
        spelt = in_usual_spelling(text, direction.source, self._count)
        return "" if spelt == text else spelt
