"""Inputs as a Ray Data source: one row a shard, read as the workers ask for them.

Each input is read by one task, wherever it runs, which looks into nothing: articles travel as they
came. Not for what is made of them: :mod:`mtpipe.scale.worker`.
"""

import os
import pickle
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePath
from typing import Any
from urllib.parse import urlsplit

from mtpipe._optional import require
from mtpipe.errors import InputError, MtpipeError
from mtpipe.ingest.inputs import STANDARD_INPUT, Format, Source
from mtpipe.ingest.raw import Raw, raw_items
from mtpipe.ingest.sources import Sources
from mtpipe.scale import attempts
from mtpipe.scale.cluster import READING_CPUS
from mtpipe.scale.manifest import WORKER_STAGE
from mtpipe.scale.shards import MOST_BYTES, Shard, left_unread, prefix_of, shards_of
from mtpipe.storage import Place
from mtpipe.types import Failure

__all__ = ["Lot", "Reading", "absolute", "dataset_of", "lots_of", "work_in"]

_PAGES = frozenset({Format.HTML, Format.TEXT, Format.MARKDOWN})
_MOST_TASKS = 2_000
_TASKS_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class Lot:
    """What is read as one source: a file of many articles, or all the small files of a folder.

    Attributes:
        label: of the source; no two lots of a run have one whose shards are called the same.
        sources: the files.
        is_whole: whether it is one shard, however much is in it.
    """

    label: str
    sources: tuple[Source, ...] = field(repr=False)
    is_whole: bool = False

    def shards(self, *, rows: int, most_bytes: int = MOST_BYTES) -> Iterator[Shard]:
        """What is read, in shards; see :func:`mtpipe.scale.shards.shards_of`."""
        if self.is_whole:
            rows = most_bytes = sys.maxsize
        items = _whatever_happens(raw_items(self.sources), self.label)
        return shards_of(items, source=self.label, rows=rows, most_bytes=most_bytes)


def lots_of(
    inputs: str | Path | Iterable[str | Path | Lot | Failure],
) -> tuple[list[Lot], list[Failure]]:
    """What inputs lead to, and those that lead to nothing.

    Files of one article each are a lot together, if they come from the same folder or pattern, so
    that a shard has more than one of them.

    Args:
        inputs: paths, glob patterns, folders, addresses; lots and failures stay as they are.

    Raises:
        InputError: standard input, which workers can't read.
    """
    pages: dict[str, list[Source]] = {}
    tables: list[Source] = []
    failures: list[Failure] = []
    seen: set[str] = set()
    lots: list[Lot] = []
    for given in [inputs] if isinstance(inputs, str | Path) else inputs:
        if isinstance(given, Lot):
            lots.append(given)
            continue
        if isinstance(given, Failure):
            failures.append(given)
            continue
        for source in Sources([given]):
            if isinstance(source, Failure):
                failures.append(source)
            elif source.name == STANDARD_INPUT:
                raise InputError(
                    "standard input can't be read by several workers", hint="save it to a file"
                )
            elif source.name not in seen:
                seen.add(source.name)
                if label := _label_of_pages(str(given), source):
                    pages.setdefault(label, []).append(source)
                else:
                    tables.append(source)
    lots += [Lot(label, tuple(sources)) for label, sources in pages.items()]
    lots += [Lot(source.label, (source,)) for source in tables]
    return list(_distinct(lots)), failures


def _label_of_pages(given: str, source: Source) -> str:
    """What a page is read together with: its folder, pattern or host; empty for other inputs."""
    if "://" in source.name and not source.name.startswith(("s3:", "gs:")):
        parts = urlsplit(source.name)
        return f"{parts.scheme}://{parts.hostname}"
    if source.format not in _PAGES:
        return ""
    is_named = source.name in (given, str(PurePath(given)))
    label = source.name.rpartition("/")[0] if is_named else given.rstrip("/")
    return Source(label or ("/" if given.startswith("/") else ".")).label


def _distinct(lots: Iterable[Lot]) -> Iterator[Lot]:
    """The lots, with a number behind the label where shards would be called as another lot's."""
    prefixes: set[str] = set()
    for lot in lots:
        label, number = lot.label, 1
        while (prefix := prefix_of(label)) in prefixes:
            number += 1
            label = f"{lot.label} ({number})"
        prefixes.add(prefix)
        yield replace(lot, label=label)


@dataclass(frozen=True, slots=True)
class Reading:
    """How inputs are read.

    Attributes:
        rows: of a shard, at the most.
        most_bytes: of a shard, unless one article has more.
        folder: that relative paths start from.
        output: of the run, where attempts are counted.
        run: its name.
    """

    rows: int
    most_bytes: int
    folder: str
    output: str
    run: str


def dataset_of(lots: list[Lot], reading: Reading) -> Any:
    """A ``ray.data.Dataset`` with a row a shard: ``shard``, ``error``, both pickled.

    Args:
        lots: what is read.
        reading: how.
    """
    data = require("ray.data", extra="ray")
    block = require("ray.data.block", extra="ray")
    size = -(-len(lots) // _MOST_TASKS)
    groups = [lots[start : start + size] for start in range(0, len(lots), size)]

    class Shards(data.Datasource):  # type: ignore[misc, name-defined]
        """A reading task for each group of lots."""

        def get_name(self) -> str:
            return "shards"

        def estimate_inmemory_data_size(self) -> int | None:
            return None

        def get_read_tasks(self, *_: Any, **__: Any) -> list[Any]:
            nothing = block.BlockMetadata(
                num_rows=None, size_bytes=None, input_files=None, exec_stats=None
            )
            return [data.ReadTask(_reader(group, reading), nothing) for group in groups]

    return data.read_datasource(
        Shards(), num_cpus=READING_CPUS, concurrency=min(len(groups), _TASKS_AT_ONCE)
    )


def _reader(lots: list[Lot], reading: Reading) -> Callable[[], Iterator[Any]]:
    return lambda: _read(lots, reading)


def _read(lots: list[Lot], reading: Reading) -> Iterator[Any]:
    """One-row Arrow tables, one a shard."""
    work_in(reading.folder)
    for lot in lots:
        try:
            for shard in _shards(lot, reading):
                yield _table(pickle.dumps(shard), b"")
        except MtpipeError as exc:  # an extra isn't installed here
            yield _table(b"", pickle.dumps(exc))


def _shards(lot: Lot, reading: Reading) -> Iterator[Shard]:
    """The shards of a lot; one that says so, if reading it ends every process that tries."""
    output, note = Place.of(reading.output), f"{prefix_of(lot.label)}-reading"
    earlier = attempts.begun(output, note, reading.run)
    if earlier.number >= attempts.MOST:
        reason = f"reading it ended {earlier.number} processes"
        yield left_unread(lot.label, reason, WORKER_STAGE)
        return
    yield from lot.shards(rows=reading.rows, most_bytes=reading.most_bytes)
    attempts.forget(output, note)


def _whatever_happens(items: Iterator[Raw], label: str) -> Iterator[Raw]:
    """The items; if reading breaks down in a way that nobody foresaw, a failure is the last."""
    try:
        yield from items
    except MtpipeError:
        raise
    except Exception as exc:  # noqa: BLE001 - one input among very many, of which anything may come
        failure = Failure(label, "read", f"{type(exc).__name__}: {exc}")
        yield Raw(label, label, failure)


def _table(shard: bytes, error: bytes) -> Any:
    arrow = require("pyarrow", extra="ray")
    kind = arrow.large_binary()
    return arrow.table({"shard": arrow.array([shard], kind), "error": arrow.array([error], kind)})


def work_in(folder: str) -> None:
    """Make relative paths mean in this process what they mean where the run was started."""
    if PurePath(folder).is_absolute() and Path(folder).is_dir():
        os.chdir(folder)


def absolute(name: str | Path) -> str:
    """A path or URI that means the same in whatever folder a process works."""
    return str(name) if "://" in str(name) else str(Path(name).absolute())
