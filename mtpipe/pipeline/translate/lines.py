"""Translation of lines: one segment in, one out, over streams of any length."""

import json
import logging
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from mtpipe.engines.system import System
from mtpipe.ingest.language import identify
from mtpipe.lines import Line, LineWriter, read_lines
from mtpipe.report.jsonl import flag_record
from mtpipe.types import Direction, Flag, Hypothesis, Language

OUTPUT_LINES = 256
"""Lines that are written together."""

_BEGINNING_LINES = 20
_SHORT_CHARS, _IDENTIFIED_CHARS, _CERTAIN_PROB = 50, 300, 0.8
"""Shorter text isn't identified, more of it isn't needed; see :mod:`mtpipe.ingest.language`."""

_COMMON = {
    Language.DE: {"der", "das", "und", "ist", "nicht", "eine", "mit", "auf", "von", "dem", "zu"},
    Language.EN: {"the", "and", "that", "with", "are", "this", "by", "his", "from", "has"},
    Language.FR: {"les", "et", "est", "une", "dans", "pour", "pas", "sur", "qui", "au", "ce"},
}
"""Words that no language nearby has: where many of them are, none need be identified, which takes a
second to load."""
_COMMON_SHARE = 0.1

_log = logging.getLogger(__name__)


@dataclass
class LinesSummary:
    """What became of a stream of lines.

    Attributes:
        lines: translated (or copied) and written.
        seconds: from the first line to the last.
        flagged: lines that were doubtful, without their text ones.
        flags: how often each problem came up in a translation.
    """

    lines: int = 0
    seconds: float = 0.0
    flagged: list[Line] = field(default_factory=list)
    flags: Counter[Flag] = field(default_factory=Counter)


def translate_lines(
    source: BinaryIO,
    target: BinaryIO,
    system: System,
    direction: Direction,
    *,
    name: str = "standard input",
    as_json: bool = False,
    on_progress: Callable[[int], None] = lambda _: None,
) -> LinesSummary:
    """Translate a stream line by line.

    Args:
        source: bytes to read, see :func:`mtpipe.lines.read_lines`.
        target: bytes to write.
        system: translates.
        direction: of the translation.
        name: of the source, for messages.
        as_json: write a JSON object a line (line, source, target, score; flag of the line and
            flags of the translation, if there are any) instead of the bare translation.
        on_progress: told the number of lines done, now and then.

    Raises:
        InputError: the source isn't text; everything before that is written.
        EngineError: decoding failed; likewise.
        OutputError: the target can't be written.
    """
    summary = LinesSummary()
    writer = LineWriter(target)
    started = time.monotonic()
    waiting: deque[Line] = deque()
    failure: list[Exception] = []

    def segments() -> Iterator[str]:
        lines = read_lines(source, name=name)
        beginning: list[str] = []
        while True:
            try:
                line = next(lines, None)
            except Exception as exc:  # noqa: BLE001 - raised again below, after what is done is out
                failure.append(exc)
                return
            if len(beginning) == _BEGINNING_LINES or (line is None and beginning):
                _warn_of_language(beginning, direction)
                beginning = []
            if line is None:
                return
            if line.number <= _BEGINNING_LINES:
                beginning.append(line.text)
            waiting.append(line)
            if line.flag:
                summary.flagged.append(Line(line.number, "", line.flag))
            yield line.text

    block: list[str] = []

    def write_block() -> None:
        lines, block[:] = list(block), []  # taken out first: never written twice
        if lines:
            writer.write(lines)
            summary.lines += len(lines)
            on_progress(summary.lines)

    try:
        for hypothesis in system.stream(segments(), direction):
            line = waiting.popleft()
            summary.flags.update(hypothesis.flags)
            block.append(_json_line(line, hypothesis) if as_json else hypothesis.text)
            if len(block) == OUTPUT_LINES or not waiting:
                write_block()
    finally:
        write_block()  # what was translated before an error isn't lost
    if failure:
        raise failure[0]
    summary.seconds = time.monotonic() - started
    return summary


def _warn_of_language(beginning: Sequence[str], direction: Direction) -> None:
    """Say so where text is evidently in another language than it is translated from."""
    text = " ".join(beginning)[:_IDENTIFIED_CHARS]
    words = text.lower().split()
    if len(text) < _SHORT_CHARS or (
        sum(word in _COMMON[direction.source] for word in words) >= _COMMON_SHARE * len(words)
    ):
        return
    code, prob = identify(text)
    if code != direction.source and prob >= _CERTAIN_PROB:
        _log.warning(
            "the first lines look like %s, not %s, which they are translated from",
            next((one.english_name for one in Language if one == code), repr(code)),
            direction.source.english_name,
        )


def _json_line(line: Line, hypothesis: Hypothesis) -> str:
    record: dict[str, Any] = {
        "line": line.number,
        "source": line.text,
        "target": hypothesis.text,
        "score": round(hypothesis.score, 4),
    }
    if line.flag:
        record["flag"] = line.flag.value
    if hypothesis.flags:
        record["flags"] = [flag_record(flag) for flag in hypothesis.flags]
    return json.dumps(record, ensure_ascii=False)
