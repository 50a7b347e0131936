"""Parallel corpora in: TSV and TMX files, compressed or not, filtered line by line.

Measuring and dropping are one step here on purpose: a training corpus is only ever read to be
trained on, and every drop is counted by its reason.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from mtpipe import tmx
from mtpipe.compressed import open_bytes
from mtpipe.errors import MalformedRecord
from mtpipe.files import skip_rest
from mtpipe.types import Direction, Language

MALFORMED = "malformed"
"""The reason of lines that can't be read at all."""

_MAX_LINE_BYTES = 100_000
_CODES = {language.value for language in Language}
_DIGITS = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class SentencePair:
    """One line of a parallel corpus.

    Attributes:
        corpus: where the line comes from; the mixture weights go by this name.
        source: sentence in the first language of the file's pair.
        target: sentence in the second.
    """

    corpus: str
    source: str
    target: str

    @property
    def swapped(self) -> "SentencePair":
        """The pair read the other way round."""
        return SentencePair(self.corpus, self.target, self.source)


def direction_of(path: Path) -> Direction | None:
    """The direction that a file's name has between its dots, as ``news.de-en.tsv.xz`` has."""
    for part in path.name.split("."):
        source, _, target = part.partition("-")
        if source != target and source in _CODES and target in _CODES:
            return Direction(Language(source), Language(target))
    return None


def read_pairs(
    path: Path, direction: Direction, dropped: Counter[str] | None = None
) -> Iterator[SentencePair]:
    """Yield the sentence pairs of a TSV or TMX file, unfiltered, in file order.

    A TSV line is ``source TAB target`` (its corpus is then the file's stem) or
    ``corpus TAB source TAB target``. Of a TMX file the segments in the two languages of
    ``direction`` are taken.

    Args:
        path: may end in .xz, .gz, .bz2 or .zst after .tsv or .tmx.
        direction: languages of the first and the second side.
        dropped: counts lines that can't be read: columns missing, not UTF-8, over 100 kB.

    Raises:
        InputError: the file can't be opened or decompressed.
        MalformedRecord: most lines of a TSV file can't be read, so that it must be something
            else; or a TMX file isn't well-formed or isn't safe to parse.
    """
    dropped = Counter() if dropped is None else dropped
    corpus = path.name.split(".")[0]
    with open_bytes(path) as stream:
        if ".tmx" in path.suffixes:
            yield from _read_tmx(path, stream, direction, corpus)
        else:
            yield from _read_tsv(path, stream, corpus, dropped)


def _read_tsv(
    path: Path, stream: IO[bytes], corpus: str, dropped: Counter[str]
) -> Iterator[SentencePair]:
    good, bad = 0, 0
    first_bad: MalformedRecord | None = None
    for number, raw in enumerate(_lines(stream), start=1):
        columns: list[str] = []
        try:
            columns = raw.decode("utf-8-sig").rstrip("\r\n").split("\t")
            reason = f"{len(columns)} columns, not 2 or 3"
        except UnicodeDecodeError:
            reason = "isn't UTF-8"
        if len(raw) > _MAX_LINE_BYTES:
            reason = f"has more than {_MAX_LINE_BYTES} bytes"
        elif len(columns) in (2, 3):
            good += 1
            yield SentencePair(*([corpus] if len(columns) == 2 else []), *columns)
            continue
        bad += 1
        dropped[MALFORMED] += 1
        first_bad = first_bad or MalformedRecord(path, number, reason)
        if bad > good + 100:
            break
    if first_bad and bad > good:
        raise first_bad


def _lines(stream: IO[bytes]) -> Iterator[bytes]:
    """Lines, of which over-long ones are cut: no line is ever held whole that isn't text."""
    while line := stream.readline(_MAX_LINE_BYTES + 1):
        yield line
        if len(line) > _MAX_LINE_BYTES:
            skip_rest(stream, line)


def _read_tmx(
    path: Path, stream: IO[bytes], direction: Direction, corpus: str
) -> Iterator[SentencePair]:
    for unit in tmx.read_units(stream, path):
        source, target = (
            " ".join(unit.texts.get(language.value, "").split())
            for language in (direction.source, direction.target)
        )
        if source and target:
            yield SentencePair(corpus, source, target)


def drop_reason(pair: SentencePair) -> str | None:
    """Say why a pair would teach a model the wrong thing, or None for a good one.

    The checks are cheap and surface-level: empty or copied sides, lengths far off (characters,
    ratio over 2.2 once a side is longer than 20), sides without letters, and figures of one side
    that the other lacks, which is what most misaligned lines show.
    """
    source, target = pair.source.strip(), pair.target.strip()
    if not source or not target:
        return "empty"
    if source == target:
        return "copied"
    longer, shorter = max(len(source), len(target)), min(len(source), len(target))
    if longer > 20 and longer > 2.2 * shorter:
        return "length ratio"
    if not any(map(str.isalpha, source)) or not any(map(str.isalpha, target)):
        return "no letters"
    figures = Counter(_DIGITS.findall(source)), Counter(_DIGITS.findall(target))
    union, shared = (figures[0] | figures[1]).total(), (figures[0] & figures[1]).total()
    if union >= 2 and shared < 0.4 * union:
        return "different figures"
    return None


def clean_pairs(
    path: Path, direction: Direction, dropped: Counter[str] | None = None
) -> Iterator[SentencePair]:
    """Yield the pairs of a file that are fit to train on.

    Args:
        path: see :func:`read_pairs`, errors included.
        direction: languages of the first and the second side.
        dropped: counts the dropped pairs by their reason.
    """
    dropped = Counter() if dropped is None else dropped
    for pair in read_pairs(path, direction, dropped):
        reason = drop_reason(pair)
        if reason is None:
            yield SentencePair(
                pair.corpus,
                unicodedata.normalize("NFC", pair.source.strip()),
                unicodedata.normalize("NFC", pair.target.strip()),
            )
        else:
            dropped[reason] += 1
