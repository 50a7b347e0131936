"""Translation of lines: one segment in, one out, over streams of any length."""

import json
import logging
import sys
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, cast

from mtpipe.errors import InputError, OutputError
from mtpipe.files import unfinished
from mtpipe.ingest.language import identify
from mtpipe.lines import Line, LineWriter, read_lines
from mtpipe.pipeline.systems.routes import Route
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


@contextmanager
def opened_lines(
    lines: Path | str | BinaryIO | None, output: Path | str | BinaryIO | None
) -> Iterator[tuple[BinaryIO, BinaryIO, str]]:
    """Input and output as streams of bytes, and the input's name; given streams stay open.

    Args:
        lines: a file or a stream; None for standard input.
        output: likewise; None for standard output.

    Raises:
        InputError: the input can't be read.
        OutputError: the output can't be written, or another process is writing it.
    """
    with ExitStack() as files:
        name = "standard input" if lines is None else str(getattr(lines, "name", "the input"))
        stream = sys.stdin.buffer if lines is None else lines
        target = sys.stdout.buffer if output is None else output
        if isinstance(stream, Path | str):
            name, path = str(stream), Path(stream)
            try:
                stream = files.enter_context(path.open("rb"))
            except OSError as exc:
                raise InputError(f"can't read {path}: {exc.strerror}") from exc
        if isinstance(target, Path | str):
            path = Path(target)
            try:
                target = cast("BinaryIO", files.enter_context(unfinished(path)))
            except OSError as exc:
                raise OutputError(f"can't write {path}: {exc.strerror}") from exc
        yield stream, target, name


def translate_lines(
    source: BinaryIO,
    target: BinaryIO,
    route: Route,
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
        route: translates.
        direction: of the translation.
        name: of the source, for messages.
        as_json: write a JSON object per line (line, source, target, score; flag of the line and
            flags of the translation, if there are any) instead of the bare translation.
        on_progress: gets the number of lines done, now and then.

    Raises:
        InputError: the source isn't text; everything before that is written.
        EngineError: decoding failed; likewise.
        OutputError: the target can't be written.
    """
    started = time.monotonic()
    read = _Reading(source, name, direction)
    written = _Writing(target, on_progress)
    flags: Counter[Flag] = Counter()
    try:
        for hypothesis in route.stream(read.segments()):
            line = read.waiting.popleft()
            flags.update(hypothesis.flags)
            written.add(_json_line(line, hypothesis) if as_json else hypothesis.text)
            if len(written.block) == OUTPUT_LINES or not read.waiting:
                written.flush()
    finally:
        written.flush()  # what was translated before an error isn't lost
    if read.error:
        raise read.error
    return LinesSummary(written.lines, time.monotonic() - started, read.flagged, flags)


class _Reading:
    """Lines on their way into a translation.

    Attributes:
        waiting: lines whose translations haven't come yet.
        flagged: lines that were doubtful, without their text.
        error: what ended the reading; raised when all before it is written.
    """

    def __init__(self, source: BinaryIO, name: str, direction: Direction) -> None:
        self.waiting: deque[Line] = deque()
        self.flagged: list[Line] = []
        self.error: Exception | None = None
        self._lines = read_lines(source, name=name)
        self._direction = direction

    def segments(self) -> Iterator[str]:
        """The text of the lines, with a warning if it is in another language."""
        beginning: list[str] = []
        while True:
            try:
                line = next(self._lines, None)
            except Exception as exc:  # noqa: BLE001 - raised when what is done is out
                self.error = exc
                return
            if len(beginning) == _BEGINNING_LINES or (line is None and beginning):
                _warn_of_language(beginning, self._direction)
                beginning = []
            if line is None:
                return
            if line.number <= _BEGINNING_LINES:
                beginning.append(line.text)
            self.waiting.append(line)
            if line.flag:
                self.flagged.append(Line(line.number, "", line.flag))
            yield line.text


class _Writing:
    """Lines on their way out, written in blocks.

    Attributes:
        block: lines that aren't written yet.
        lines: the number of those that are.
    """

    def __init__(self, target: BinaryIO, on_progress: Callable[[int], None]) -> None:
        self.block: list[str] = []
        self.lines = 0
        self._writer = LineWriter(target)
        self._on_progress = on_progress

    def add(self, line: str) -> None:
        """Put a line in the block."""
        self.block.append(line)

    def flush(self) -> None:
        """Write the block."""
        lines, self.block = self.block, []  # taken out first: never written twice
        if lines:
            self._writer.write(lines)
            self.lines += len(lines)
            self._on_progress(self.lines)


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
