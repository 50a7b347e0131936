"""Near-duplicates among the articles of a run: who is whose, in files, and what is left to do.

The driver reads the sketches of all articles (:mod:`mtpipe.scale.articles`), puts like to like
(:mod:`mtpipe.detection.near_duplicates`), and writes an order for each file of articles: which of
them to examine, and which are copies of another one. It holds 175 bytes an article; ids and keys
wait in temporary files. Not for what a copy is, nor for what is done with it:
:mod:`mtpipe.scale.examining`.
"""

import json
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import IO, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from mtpipe.detection.near_duplicates import BANDS, BITS_BYTES, Groups, group
from mtpipe.ingest.inputs import Format, Source
from mtpipe.records import Record, to_line
from mtpipe.scale.articles import damaged, stored
from mtpipe.scale.manifest import Manifest, read_manifest, read_manifests
from mtpipe.scale.shards import prefix_of
from mtpipe.scale.source import Lot
from mtpipe.storage import Place
from mtpipe.types import Failure
from mtpipe.types.scale import Cluster

__all__ = ["CLUSTERS", "Duplicate", "Order", "clusters_of", "find_duplicates", "order_of"]

CLUSTERS = "clusters.jsonl"
"""Below the output of a detection: a line for each representative that others are copies of."""

_ORDERS = "orders"
_DIGEST_CHARS = 16
_TOGETHER = 64
_THREADS = 8
_EXAMPLES = 5

_Given = TypeVar("_Given")
_Made = TypeVar("_Made")


@dataclass(frozen=True, slots=True)
class Duplicate:
    """What an article is a copy of.

    Attributes:
        id: of the representative.
        shard: whose file of rows has the representative's verdict.
        similarity: estimated share of runs of words in common.
    """

    id: str
    shard: str
    similarity: float


@dataclass(frozen=True, slots=True)
class Order:
    """What to do with an article.

    Attributes:
        articles: the file that it is in, below the folder of articles; empty for a failure.
        sha256: how the hex digest of that file begins.
        row: 0-based, in that file.
        duplicate: what it is a copy of; None for one that is to be examined.
        failure: why there is none.
    """

    articles: str = ""
    sha256: str = ""
    row: int = -1
    duplicate: Duplicate | None = None
    failure: Failure | None = None

    def to_record(self) -> Record:
        """As JSON; what is empty is left out."""
        if self.failure:
            return {"failure": asdict(self.failure)}
        record: Record = {"articles": self.articles, "sha256": self.sha256, "row": self.row}
        return record | ({"duplicate": asdict(self.duplicate)} if self.duplicate else {})


def order_of(record: Mapping[str, Any]) -> Order:
    """The order that a record was made of.

    Raises:
        KeyError, TypeError, ValueError: it is something else.
    """
    if "failure" in record:
        return Order(failure=Failure(**record["failure"]))
    duplicate = Duplicate(**record["duplicate"]) if "duplicate" in record else None
    return Order(str(record["articles"]), str(record["sha256"]), int(record["row"]), duplicate)


def find_duplicates(
    articles: Place,
    signature: str,
    clusters: Place,
    *,
    is_stopped: Callable[[], bool] = lambda: False,
) -> list[Lot] | None:
    """Find the near-duplicates of a run, list their clusters, and say what is to be done.

    Args:
        articles: output of :class:`mtpipe.scale.articles.ArticlesTask`.
        signature: of those articles that count.
        clusters: file that gets the clusters, see :data:`CLUSTERS`.
        is_stopped: asked after each some files.

    Returns:
        Orders for each file of articles; None if it was stopped.

    Raises:
        InputError: the articles can't be read, or aren't what was written.
        OutputError: orders and clusters can't be written.
    """
    found = (each for each in read_manifests(articles) if each.signature == signature)
    files = _Files(sorted(map(_file, found), key=lambda each: each.shard))
    with tempfile.TemporaryFile() as keys, tempfile.TemporaryFile() as ids:
        sketches = _Sketches(len(files), keys, ids)
        load = _Loader(articles)
        for columns in _side_by_side(load, files.files):
            sketches.add(columns)
            if is_stopped():
                return None
        groups = group(sketches.bits(), sketches.keys)
        with clusters.replacement() as file:
            for line in _cluster_lines(groups, sketches, files):
                file.write(line)
        if is_stopped():
            return None
        write = _Writer(articles, files, groups, sketches)
        return list(_side_by_side(write, files.files))


def clusters_of(place: Place) -> Iterator[Cluster]:
    """The clusters of a file of :data:`CLUSTERS`, for a report."""
    with place.open() as file:
        for line in file:
            record = json.loads(line)
            examples = tuple(each["id"] for each in record["duplicates"][:_EXAMPLES])
            yield Cluster(record["representative"], record["members"], examples)


@dataclass(frozen=True, slots=True)
class _File:
    """A file of articles: name of the shard, its path, its rows, and its digest."""

    shard: str
    output: str
    rows: int
    sha256: str
    has_failures: bool

    @property
    def verdicts(self) -> str:
        """Name of the shard that its verdicts are."""
        return f"{prefix_of(self.shard)}-{0:05d}"


def _file(manifest: Manifest) -> _File:
    return _File(
        manifest.shard,
        manifest.output,
        manifest.output_rows,
        manifest.output_sha256[:_DIGEST_CHARS],
        bool(manifest.failures),
    )


class _Files:
    """Files in the order that their articles are numbered in."""

    def __init__(self, files: Sequence[_File]) -> None:
        self.files = files
        self._starts = np.cumsum([0, *(each.rows for each in files)])
        self._numbers = {each.shard: number for number, each in enumerate(files)}

    def __len__(self) -> int:
        """Number of all articles."""
        return int(self._starts[-1])

    def first(self, shard: str) -> int:
        """Number of the first article of a file."""
        return int(self._starts[self._numbers[shard]])

    def of(self, article: int) -> _File:
        """The file that an article is in."""
        return self.files[int(np.searchsorted(self._starts, article, side="right")) - 1]


class _Sketches:
    """Sketches and ids of articles: bits in memory, keys and ids in temporary files.

    Args:
        articles: how many there will be.
        keys: a file for the keys, band after band.
        ids: a file for the ids.

    Attributes:
        rows: articles so far.
    """

    def __init__(self, articles: int, keys: IO[bytes], ids: IO[bytes]) -> None:
        self.rows = 0
        self._bits = np.zeros((articles, BITS_BYTES), np.uint8)
        self._ends = np.zeros(articles + 1, np.int64)
        self._keys = keys
        self._ids = ids

    def add(self, table: Any) -> None:
        """Take the rows of a file, an Arrow table."""
        ids = [text.encode() for text in table.column("id").to_pylist()]
        start, end = self.rows, self.rows + len(ids)
        self._bits[start:end] = _matrix(table.column("bits"), BITS_BYTES)
        keys = _matrix(table.column("keys"), 4 * BANDS).view("<u4")  # shape (rows, BANDS)
        for band in range(BANDS):
            os.pwrite(
                self._keys.fileno(), keys[:, band].tobytes(), 4 * (band * len(self._bits) + start)
            )
        self._ids.write(b"".join(ids))
        self._ends[start + 1 : end + 1] = self._ends[start] + np.cumsum(list(map(len, ids)))
        self.rows = end

    def bits(self) -> NDArray[np.uint64]:
        """Of all articles, shape (articles, words)."""
        self._ids.flush()
        return self._bits.view(np.uint64)

    def keys(self, band: int) -> NDArray[np.uint32]:
        """Of all articles in a band, shape (articles,)."""
        size = 4 * len(self._bits)
        return np.frombuffer(os.pread(self._keys.fileno(), size, band * size), "<u4")

    def id(self, article: int) -> str:
        """Of an article."""
        start, end = self._ends[article : article + 2].tolist()
        return os.pread(self._ids.fileno(), end - start, start).decode()


def _matrix(column: Any, width: int) -> NDArray[np.uint8]:
    """A column of bytes; zeros where there are none. Shape (rows, width)."""
    values = (bytes(width) if value is None else value for value in column.to_pylist())
    return np.frombuffer(b"".join(values), np.uint8).reshape(-1, width)


@dataclass(frozen=True, slots=True)
class _Loader:
    """Reads the sketches of a file."""

    articles: Place

    def __call__(self, file: _File) -> Any:
        table = stored(self.articles, file.output, file.sha256, ["id", "bits", "keys"])
        if table.num_rows != file.rows:
            raise damaged(self.articles, file.output)
        return table


@dataclass(frozen=True, slots=True)
class _Writer:
    """Writes the orders for a file."""

    articles: Place
    files: _Files
    groups: Groups
    sketches: _Sketches

    def __call__(self, file: _File) -> Lot:
        place = self.articles / _ORDERS / f"{file.shard}.jsonl"
        orders = (to_line(order.to_record()) for order in self._orders(file))
        place.write("".join(orders).encode("utf-8", "replace"))
        # A shard, whatever shards others are cut into: copies name the one of their original.
        return Lot(file.shard, (Source(place.name, Format.JSONL),), is_whole=True)

    def _orders(self, file: _File) -> Iterator[Order]:
        first = self.files.first(file.shard)
        leaders = self.groups.leaders[first : first + file.rows].tolist()
        similarities = self.groups.similarities_of(slice(first, first + file.rows)).tolist()
        for row, (leader, similarity) in enumerate(zip(leaders, similarities, strict=True)):
            duplicate = None
            if leader != first + row:
                shard = self.files.of(leader).verdicts
                duplicate = Duplicate(self.sketches.id(leader), shard, round(similarity, 3))
            yield Order(file.output, file.sha256, row, duplicate)
        manifest = read_manifest(self.articles, file.shard) if file.has_failures else None
        for failure in manifest.failures if manifest else ():
            yield Order(failure=failure)


def _cluster_lines(groups: Groups, sketches: _Sketches, files: _Files) -> Iterator[bytes]:
    """A line for each representative that has copies, in pieces."""
    copies = np.flatnonzero(groups.leaders != np.arange(len(groups.leaders)))
    copies = copies[np.argsort(groups.leaders[copies], kind="stable")]
    leaders = groups.leaders[copies]
    first = np.ones(len(copies), bool)
    first[1:] = leaders[1:] != leaders[:-1]
    starts = [*np.flatnonzero(first).tolist(), len(copies)]
    for start, end in pairwise(starts):
        leader = int(leaders[start])
        beginning = {
            "representative": sketches.id(leader),
            "shard": files.of(leader).verdicts,
            "members": end - start + 1,
        }
        yield json.dumps(beginning, ensure_ascii=False)[:-1].encode() + b', "duplicates": ['
        for place in range(start, end):
            copy = copies[place : place + 1]
            [similarity] = groups.similarities_of(copy).tolist()
            record = {"id": sketches.id(int(copy[0])), "similarity": round(similarity, 3)}
            yield (b", " if place > start else b"") + json.dumps(
                record, ensure_ascii=False
            ).encode()
        yield b"]}\n"


def _side_by_side(do: Callable[[_Given], _Made], given: Sequence[_Given]) -> Iterable[_Made]:
    """What becomes of each, in their order, some at a time: most of it waits for an object store."""
    with ThreadPoolExecutor(_THREADS) as pool:
        for start in range(0, len(given), _TOGETHER):
            yield from pool.map(do, given[start : start + _TOGETHER])
