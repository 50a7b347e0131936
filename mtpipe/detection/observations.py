"""What a check is given, and what it says."""

from dataclasses import dataclass
from datetime import datetime

from mtpipe.detection.page_text import PageText
from mtpipe.types import Article, Quotation

__all__ = ["Examined", "Observation"]


@dataclass(frozen=True, slots=True)
class Examined:
    """What a check may look at.

    Attributes:
        page: the candidate's, as text to search.
        original: what the candidate may come from, if it is known.
        now: later dates aren't believed.
    """

    page: PageText
    original: Article | None
    now: datetime

    @property
    def candidate(self) -> Article:
        """The article under suspicion."""
        return self.page.article


@dataclass(frozen=True, slots=True)
class Observation:
    """What a rule found.

    Attributes:
        quotations: where, in reading order.
        count: how many places.
        value: what was measured; by default the count.
        detail: added to the rule's description.
    """

    quotations: tuple[Quotation, ...]
    count: int = 1
    value: float | None = None
    detail: str = ""
