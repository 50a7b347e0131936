"""Labelled pairs of texts, for the benchmark of detection: JSON Lines, compressed or not.

One object a line: ``pair`` (``de-en``), ``label`` (``human`` or ``machine``), ``source`` and
``candidate`` (lists of sentences); anything else in it is ignored.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mtpipe.compressed import open_bytes
from mtpipe.errors import MalformedRecord, UnsupportedDirection
from mtpipe.pipeline.bench.units import Unit
from mtpipe.types import Direction

MACHINE, HUMAN = "machine", "human"
MAX_LINE_BYTES = 64 * 2**20
"""A longer line is no pair of articles, and may be a trap in a compressed file."""


def read_labelled(path: Path) -> Iterator[Unit]:
    """Read a file; one unit for each direction in it.

    Yields:
        Units with sources (the originals), and as gold pairs of candidate and label.

    Raises:
        InputError: the file can't be read.
        MalformedRecord: a line isn't such an object.
    """
    rows: dict[Direction, list[tuple[tuple[str, ...], tuple[tuple[str, ...], str]]]] = {}
    number = 0
    try:
        with open_bytes(path) as stream:
            while line := stream.readline(MAX_LINE_BYTES):
                number += 1
                if line.strip():
                    direction, original, rest = _row(json.loads(line))
                    rows.setdefault(direction, []).append((original, rest))
    except (ValueError, KeyError, TypeError, UnsupportedDirection, RecursionError) as exc:
        raise MalformedRecord(path, number, f"isn't a labelled pair: {exc}") from exc
    for direction in sorted(rows):
        originals, gold = zip(*rows[direction], strict=True)
        yield Unit(direction, originals, (), gold)


def _row(
    record: dict[str, Any],
) -> tuple[Direction, tuple[str, ...], tuple[tuple[str, ...], str]]:
    label = record["label"]
    if label not in (MACHINE, HUMAN):
        raise ValueError(f"label {label!r} is neither {HUMAN} nor {MACHINE}")
    sides = [record["source"], record["candidate"]]
    if not all(isinstance(side, list) and all(isinstance(s, str) for s in side) for side in sides):
        raise ValueError("source and candidate aren't lists of sentences")
    return Direction.parse(record["pair"]), tuple(sides[0]), (tuple(sides[1]), label)
