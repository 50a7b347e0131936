"""Who of a run's articles gets an id or a content that several have: the first of them, in any order.

Workers meet the same id, or the same content under two ids, in whatever order they happen to be.
So that an archive doesn't depend on that, an article claims its id and its content before it is
written, and the claim of the article that stands first wins: by the name of its shard, then by its
place in it. Not for what was in the archive before the run: that is told by whoever claims.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

__all__ = ["Claim", "Claims"]


class Claim(NamedTuple):
    """An article that is to be written.

    Attributes:
        shard: of the input that it is in.
        row: 0-based, in the shard.
        id: of the article.
        sha256: hex digest of its content.
        elsewhere: an id under which its content was in the archive before the run; or empty.
        is_change: whether it replaces an article of the archive, which it does in any case.
    """

    shard: str
    row: int
    id: str
    sha256: str
    elsewhere: str = ""
    is_change: bool = False

    @property
    def order(self) -> tuple[str, int]:
        """What decides about ids: the lowest wins."""
        return self.shard, self.row

    @property
    def content_order(self) -> tuple[bool, str, int]:
        """What decides about contents: the lowest wins."""
        return not self.is_change, self.shard, self.row


class Claims:
    """The claims on the ids and contents that one writer decides on."""

    def __init__(self) -> None:
        self._ids: dict[str, Claim] = {}
        self._contents: dict[str, Claim] = {}
        self._displaced: dict[tuple[str, str], None] = {}
        self._overtaken: dict[tuple[str, int], Claim] = {}

    def ids(self, claims: Iterable[Claim]) -> list[Claim | None]:
        """Claim ids.

        Returns:
            For each the claim that it comes second to; None where it has the id now.
        """
        return [self._id(claim) for claim in claims]

    def contents(self, claims: Iterable[Claim]) -> list[str]:
        """Claim contents; who has the id claims.

        Returns:
            For each the id under which its content is or will be in the archive; empty where it
            is the one to be written.
        """
        return [self._content(claim) for claim in claims]

    def confirm(self, claims: Iterable[Claim]) -> bool:
        """Claim ids of what an earlier run has written.

        Returns:
            Whether it is still there, as far as this run is concerned: no article of another shard
            has claimed one of the ids for another content.
        """
        is_there = True
        for claim in claims:
            holder = self._ids.get(claim.id)
            if holder and holder.shard != claim.shard and holder.sha256 != claim.sha256:
                is_there = False
            self._id(claim)
        return is_there

    def recall(self, ids: Sequence[Claim], contents: Sequence[Claim]) -> None:
        """Take claims that were made before this writer or this run was started."""
        self.ids(ids)
        self.contents(contents)

    def has_id(self, shard: str, article_id: str) -> bool:
        """Whether no article of an earlier shard has an id."""
        holder = self._ids.get(article_id)
        return holder is None or holder.shard >= shard

    @property
    def displaced(self) -> list[tuple[str, str]]:
        """Ids and contents that may have been written although others come first."""
        return list(self._displaced)

    @property
    def overtaken(self) -> list[Claim]:
        """Articles that were written, and then replaced by others of the same id."""
        return list(self._overtaken.values())

    def _id(self, claim: Claim) -> Claim | None:
        holder = self._ids.get(claim.id)
        is_others = holder is not None and holder.shard != claim.shard
        if holder and is_others and holder.order < claim.order:
            return holder
        self._ids[claim.id] = claim
        if holder and is_others and holder.sha256 != claim.sha256:
            self._overtaken[holder.order] = holder
        return None

    def _content(self, claim: Claim) -> str:
        holder = self._contents.get(claim.sha256)
        if holder is None or holder.order == claim.order:
            # With nobody of this run before it, what is there was there before.
            if holder is None and claim.elsewhere:
                return claim.elsewhere
            self._contents[claim.sha256] = claim
            return ""
        first, second = sorted((holder, claim), key=lambda each: each.content_order)
        self._contents[claim.sha256] = first
        if first.id != second.id and not second.is_change:
            self._displaced[second.id, second.sha256] = None
        return "" if first is claim or claim.is_change else first.id
