"""The development set: sentences with their translations, by direction, to be measured on."""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from mtpipe.compressed import open_bytes
from mtpipe.errors import ConfigError, InputError
from mtpipe.training.corpus import direction_of, read_pairs
from mtpipe.types import Direction, Language

Pairs = list[tuple[str, str]]
"""Source and reference of each segment."""


def read_development(
    paths: Sequence[Path],
    directions: Collection[Direction],
    columns: Direction | None,
    *,
    limit: int,
) -> dict[Direction, Pairs]:
    """Read development files.

    Args:
        paths: TSV or TMX files, or text files that are parallel line by line and end in their
            language (``dev.de``, ``dev.en``, ...).
        directions: those that are trained; others are left out.
        columns: direction of TSV files whose names don't say.
        limit: segments of a direction, at most; more are thinned out evenly.

    Raises:
        InputError: a file can't be read, or parallel files differ in length.
        ConfigError: nothing is there for the directions that are trained.
    """
    found: dict[Direction, Pairs] = {}
    sides: dict[Path, dict[Language, list[str]]] = {}
    for path in paths:
        if path.suffix[1:] in set(Language):
            language = Language(path.suffix[1:])
            sides.setdefault(path.with_suffix(""), {})[language] = _read_lines(path)
            continue
        direction = direction_of(path) or columns
        if direction is None:
            raise ConfigError(
                f"nothing says which languages {path.name} is in",
                hint="name it like dev.de-en.tsv, or give --from and --to",
            )
        pairs = [(pair.source, pair.target) for pair in read_pairs(path, direction)]
        if direction in directions:
            found.setdefault(direction, []).extend(pairs)
        if direction.reversed in directions:
            swapped = [(target, source) for source, target in pairs]
            found.setdefault(direction.reversed, []).extend(swapped)
    for stem, texts in sides.items():
        if len({len(lines) for lines in texts.values()}) > 1:
            lengths = ", ".join(f".{code} {len(lines)}" for code, lines in texts.items())
            raise InputError(f"the lines of {stem}.* aren't parallel: {lengths}")
        for direction in directions:
            if direction.source in texts and direction.target in texts:
                pairs = list(zip(texts[direction.source], texts[direction.target], strict=True))
                found.setdefault(direction, []).extend(pairs)
    usable = {
        direction: [(a, b) for a, b in pairs if a.strip() and b.strip()]
        for direction, pairs in sorted(found.items())
    }
    thin = {direction: _thinned(pairs, limit) for direction, pairs in usable.items() if pairs}
    if not thin:
        trained = ", ".join(map(str, sorted(directions)))
        raise ConfigError(f"the development files have nothing for {trained}")
    return thin


def digest_of_pairs(development: Mapping[Direction, Pairs]) -> str:
    """What tells one development set from another, whatever its files are called; empty for none."""
    if not development:
        return ""
    texts = sorted((str(direction), pairs) for direction, pairs in development.items())
    return hashlib.sha256(json.dumps(texts).encode()).hexdigest()


def _read_lines(path: Path) -> list[str]:
    try:
        with open_bytes(path) as stream:
            text = stream.read().decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise InputError(f"can't read {path}: {exc}") from exc
    return text.replace("\r\n", "\n").removesuffix("\n").split("\n")


def _thinned(pairs: Pairs, limit: int) -> Pairs:
    if len(pairs) <= limit:
        return pairs
    return [pairs[number * len(pairs) // limit] for number in range(limit)]
