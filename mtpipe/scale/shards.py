"""Shards: as many articles as one worker does at a time, as they were read and not yet looked into.

Which articles form a shard depends on the input only, never on the workers, so that a run that is
taken up again does the same shards. Not for how they travel to the workers:
:mod:`mtpipe.scale.source`.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePosixPath

from mtpipe.ingest.raw import Raw, RawPage, raw_sha256
from mtpipe.types import Failure

__all__ = [
    "MOST_BYTES",
    "Shard",
    "bytes_of",
    "is_name",
    "left_unread",
    "prefix_of",
    "shards_of",
    "unread",
]

MOST_BYTES = 32 * 2**20
"""Of the articles of a shard as they were read; one alone may have more."""

_MOST_STEM_CHARS = 40
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_NAME = re.compile(r"[A-Za-z0-9._-]+-[0-9a-f]{8}-\d{5,}")


@dataclass(frozen=True)
class Shard:
    """Consecutive articles of one source.

    Attributes:
        source: label of the input that they are from, or of the run of files.
        number: 0-based, within the source.
        first: 0-based number of its first article in the source.
        items: the articles.
    """

    source: str
    number: int
    first: int
    items: tuple[Raw, ...] = field(repr=False)

    @property
    def name(self) -> str:
        """What its files are called, but for their endings; unique within a run."""
        return f"{prefix_of(self.source)}-{self.number:05d}"

    @cached_property
    def sha256(self) -> str:
        """Hex digest of everything that was read."""
        return raw_sha256(self.items)


def prefix_of(source: str) -> str:
    """How the names of a source's shards begin: legible, safe in any file system, and its own."""
    stem = PurePosixPath(source.rstrip("/")).name.split(".")[0]
    digest = hashlib.sha256(source.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{_UNSAFE.sub('_', stem)[:_MOST_STEM_CHARS] or 'input'}-{digest}"


def is_name(text: str) -> bool:
    """Whether something is called as shards are."""
    return _NAME.fullmatch(text) is not None


def shards_of(
    items: Iterable[Raw], *, source: str, rows: int, most_bytes: int = MOST_BYTES
) -> Iterator[Shard]:
    """Cut a source into shards; only one of them is in memory at a time.

    Args:
        items: the source, see :func:`mtpipe.ingest.raw.raw_items`.
        source: what it is called.
        rows: articles of a shard, at the most.
        most_bytes: of a shard, unless one article alone has more.
    """
    number = first = size = 0
    held: list[Raw] = []
    for item in items:
        length = bytes_of(item)
        if held and (len(held) >= rows or size + length > most_bytes):
            yield Shard(source, number, first, tuple(held))
            number, first, size = number + 1, first + len(held), 0
            held = []
        held.append(item)
        size += length
    if held:
        yield Shard(source, number, first, tuple(held))


def unread(source: str) -> str:
    """Label of the one shard that says that a source can't be read; its others may be there."""
    return f"{source} (reading)"


def left_unread(source: str, reason: str, stage: str) -> Shard:
    """The shard that says so.

    Args:
        source: its label.
        reason: why.
        stage: of the failure.
    """
    failed = Raw(source, source, Failure(source, stage, reason))
    return Shard(unread(source), 0, 0, (failed,))


def bytes_of(item: Raw) -> int:
    """About how much an article takes, as it was read."""
    content = item.content
    if isinstance(content, RawPage):
        return len(content.data)
    if isinstance(content, Failure):
        return len(content.error)
    if not isinstance(content, Mapping):
        return 0
    values = (value if isinstance(value, str) else repr(value) for value in content.values())
    return sum(map(len, values))
