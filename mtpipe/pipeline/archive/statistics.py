"""What is in an archive, counted."""

from collections import Counter
from dataclasses import dataclass

from mtpipe.archive.sharded import AnyTable, ShardedTable

__all__ = ["ArchiveStatistics", "statistics"]


@dataclass(frozen=True)
class ArchiveStatistics:
    """What is in an archive.

    Attributes:
        articles: in all.
        sentences: in all.
        languages: articles of each.
        first: earliest day of publication, in ISO 8601; empty if none is stated.
        last: latest such day.
        undated: articles that state none.
        size_bytes: on disk; None in object storage.
        is_indexed: whether it is searched by an index.
        shards: parts that it is in; 0 if it isn't in shards.
        encoder: that made its vectors.
        encoder_sha256: of that encoder.
        version: of mtpipe that made it.
    """

    articles: int
    sentences: int
    languages: dict[str, int]
    first: str
    last: str
    undated: int
    size_bytes: int | None
    is_indexed: bool
    encoder: str
    encoder_sha256: str
    version: str
    shards: int = 0


def statistics(table: AnyTable) -> ArchiveStatistics:
    """Count what is in an archive.

    Raises:
        InputError: it can't be read.
    """
    languages: Counter[str] = Counter()
    sentences = undated = 0
    first = last = ""
    for each in table.listed():
        languages[each.language] += 1
        sentences += each.sentences
        if each.published:
            first = min(first or each.published, each.published)
            last = max(last, each.published)
        else:
            undated += 1
    return ArchiveStatistics(
        articles=languages.total(),
        sentences=sentences,
        languages=dict(sorted(languages.items())),
        first=first,
        last=last,
        undated=undated,
        size_bytes=table.size_bytes,
        is_indexed=table.is_indexed,
        encoder=table.stamp.encoder,
        encoder_sha256=table.stamp.encoder_sha256,
        version=table.stamp.version,
        shards=len(table.shards) if isinstance(table, ShardedTable) else 0,
    )
