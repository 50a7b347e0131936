"""The database's indexes of an archive's table: of the sentence vectors, and of what is asked for.

The index of vectors isn't kept up to date row by row. The database can do so, but then moves parts
of the index about, which for a few articles more takes several times as long as a new index does
(``data/benchmarks/archive_scale.py``). The database would also compare what came after the index,
a row at a time: 1,000 articles take it five times as long as 100,000 by the index. So whoever
searches loads those into memory, and a new index is due once they are more than a share of what is
there, or once they are in many files.
"""

import math
import warnings
from datetime import timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mtpipe._optional import require

__all__ = [
    "build_scalar_indexes",
    "has_vector_index",
    "nearest",
    "optimize",
    "recent_offsets",
    "tidy_indexed",
]

_VECTORS = "vectors"
_EACH = ("id", "sha256", "day")
_FEW = ("language",)  # values that many rows share
_PROBES = 4  # partitions that are searched for each sentence
_PARTITIONS = 0.3  # of the square root of the sentences: of a million each has 3,300
_LEAST_PARTITIONS, _LEAST_SENTENCES = 300, 256  # up to 256 the database makes very uneven ones
_UNINDEXED_SHARE, _UNINDEXED_MOST = 0.1, 10_000
_UNINDEXED_ROWS = 256  # that never call for a new index
_SMALL_FILES = 64
_VERSIONS = 256
_ROUNDS, _SAMPLE = 10, 8  # of finding the partitions' centres, and articles for each centre


def has_vector_index(table: Any) -> bool:
    """Whether there is an index of the vectors."""
    return _vector_index(table) is not None


def build_scalar_indexes(table: Any) -> None:
    """Index ids, digests, languages and days, anew where they are indexed already."""
    index = require("lancedb.index", extra="archive")
    for names, kind in ((_EACH, index.BTree()), (_FEW, index.Bitmap())):
        for name in names:
            table.create_index(name, config=kind, replace=True)


def tidy_indexed(table: Any, sentences: int) -> None:
    """See that the index has most vectors, and that they aren't in too many files.

    Args:
        table: of the database.
        sentences: that it has.
    """
    name = _vector_index(table)
    if name is not None:
        stats = table.index_stats(name)
        most = _UNINDEXED_SHARE * stats.num_indexed_rows
        most = max(_UNINDEXED_ROWS, min(most, _UNINDEXED_MOST))
        files = table.stats()["fragment_stats"]["num_small_fragments"]
        is_tidy = files <= _SMALL_FILES and len(table.list_versions()) <= _VERSIONS
        if is_tidy and stats.num_unindexed_rows <= most:
            return
        # Or it would be moved about, only to be replaced.
        table.drop_index(name)
    optimize(table)
    if not table.count_rows():
        return
    build_scalar_indexes(table)
    # Quantised to a bit or so a dimension; what it finds is judged by the vectors themselves. How
    # many partitions there are is said here: the database would go by the number of articles.
    kind = require("lancedb.index", extra="archive").IvfRq(
        distance_type="cosine",
        num_partitions=_partitions(sentences),
        max_iterations=_ROUNDS,
        sample_rate=_SAMPLE,
    )
    table.create_index(_VECTORS, config=kind)


def recent_offsets(table: Any) -> list[int]:
    """Places of the rows that came after the index: new files come last, and whole."""
    name = _vector_index(table)
    recent = table.index_stats(name).num_unindexed_rows if name else 0
    rows = table.count_rows()
    return list(range(rows - recent, rows))


def optimize(table: Any) -> None:
    """Merge small files, drop what was replaced, bring all indexes up to date."""
    with warnings.catch_warnings():
        # That others may have to read again is known.
        warnings.simplefilter("ignore", UserWarning)
        table.optimize(cleanup_older_than=timedelta(0))


def nearest(
    table: Any,
    vectors: NDArray[np.float32],
    limit: int,
    where: str | None = None,
    *,
    indexed_only: bool = False,
) -> list[str]:
    """Ids of the articles that are closest to some sentences.

    Args:
        table: of the database.
        vectors: shape (sentences, dimensions); the sum of each one's best cosine counts.
        limit: of ids.
        where: an SQL condition.
        indexed_only: leave out what came after the index.
    """
    query = table.search(vectors, vector_column_name=_VECTORS)
    query = query.distance_type("cosine").nprobes(_PROBES).select(["id", "_distance"])
    if where:
        query = query.where(where, prefilter=True)
    if indexed_only:
        query = query.fast_search()
    return [str(each) for each in query.limit(limit).to_arrow()["id"].to_pylist()]


def _partitions(sentences: int) -> int:
    wanted = max(_LEAST_PARTITIONS, round(_PARTITIONS * math.sqrt(sentences)))
    return max(1, min(wanted, sentences // _LEAST_SENTENCES))


def _vector_index(table: Any) -> str | None:
    return next((str(each.name) for each in table.list_indices() if _VECTORS in each.columns), None)
