"""Labelled pairs of texts, for the benchmark of detection: JSON Lines, compressed or not.

One object a line: ``pair`` (``de-en``), ``label`` (``human`` or ``machine``), ``source`` and
``candidate`` (lists of sentences), or the other form of such rows, see
:mod:`mtpipe.pipeline.detect.pair_rows`. Figures are also given by ``system`` (or ``engine``: what
made the candidate) and ``set``, where rows have them; anything else is ignored.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mtpipe.compressed import open_bytes
from mtpipe.errors import InputError, MalformedRecord, UnsupportedDirection
from mtpipe.pipeline.bench.units import Unit
from mtpipe.pipeline.detect.pair_rows import maker_of, sides_of
from mtpipe.types import Direction

MACHINE, HUMAN = "machine", "human"
MAX_LINE_BYTES = 64 * 2**20
"""A longer line is no pair of articles, and may be a trap in a compressed file."""
MAX_BYTES = 1024 * 2**20
"""Of a whole file, decompressed: all of it is held."""


def read_labelled(path: Path) -> Iterator[Unit]:
    """Read a file; one unit for each direction in it.

    Yields:
        Units with sources (the originals), and as gold pairs of candidate and label; the origins
        are pairs of system and set.

    Raises:
        InputError: the file can't be read, or is too large.
        MalformedRecord: a line isn't such an object.
    """
    rows: dict[Direction, list[tuple[Any, ...]]] = {}
    number = size = 0
    try:
        with open_bytes(path) as stream:
            while line := stream.readline(MAX_LINE_BYTES):
                number, size = number + 1, size + len(line)
                if size > MAX_BYTES:
                    raise InputError(
                        f"{path} has more than {MAX_BYTES // 2**20} MB when decompressed",
                        hint="take it in parts",
                    )
                if line.strip():
                    direction, *row = _row(json.loads(line))
                    rows.setdefault(direction, []).append(tuple(row))
    except (ValueError, KeyError, TypeError, UnsupportedDirection, RecursionError) as exc:
        raise MalformedRecord(path, number, f"isn't a labelled pair: {exc}") from exc
    for direction in sorted(rows):
        originals, gold, origins = zip(*rows[direction], strict=True)
        yield Unit(direction, originals, (), gold, origins)


def _row(
    record: Any,
) -> tuple[Direction, tuple[str, ...], tuple[tuple[str, ...], str], tuple[str, str]]:
    original, candidate = sides_of(record)
    if original is None:
        raise ValueError("there is no original")
    label = record["label"]
    if label not in (MACHINE, HUMAN):
        raise ValueError(f"label {label!r} is neither {HUMAN} nor {MACHINE}")
    direction, sides = Direction(original[0], candidate[0]), (original[1], candidate[1])
    # Texts that are yet to be cut into sentences would be another set whenever cutting changes.
    if not all(isinstance(side, list) and all(isinstance(s, str) for s in side) for side in sides):
        raise ValueError("original and candidate aren't lists of sentences")
    origin = maker_of(record), str(record.get("set", ""))
    return direction, tuple(sides[0]), (tuple(sides[1]), label), origin
