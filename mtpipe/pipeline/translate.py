"""Translation of lines: one segment in, one out, over streams of any length."""

import json
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from mtpipe.engines.system import System
from mtpipe.lines import Line, LineWriter, read_lines
from mtpipe.types import Direction, Hypothesis

OUTPUT_LINES = 256
"""Lines that are written together."""


@dataclass
class LinesSummary:
    """What became of a stream of lines.

    Attributes:
        lines: translated (or copied) and written.
        seconds: from the first line to the last.
        flagged: lines that were doubtful, without their text ones.
    """

    lines: int = 0
    seconds: float = 0.0
    flagged: list[Line] = field(default_factory=list)


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
        as_json: write a JSON object a line (line, source, target, score, flag) instead of the
            bare translation.
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
        while True:
            try:
                line = next(lines, None)
            except Exception as exc:  # noqa: BLE001 - raised again below, after what is done is out
                failure.append(exc)
                return
            if line is None:
                return
            waiting.append(line)
            if line.flag:
                summary.flagged.append(Line(line.number, "", line.flag))
            yield line.text

    block: list[str] = []
    for hypothesis in system.stream(segments(), direction):
        line = waiting.popleft()
        block.append(_json_line(line, hypothesis) if as_json else hypothesis.text)
        if len(block) == OUTPUT_LINES or not waiting:
            writer.write(block)
            summary.lines += len(block)
            block = []
            on_progress(summary.lines)
    if failure:
        raise failure[0]
    summary.seconds = time.monotonic() - started
    return summary


def _json_line(line: Line, hypothesis: Hypothesis) -> str:
    record = {
        "line": line.number,
        "source": line.text,
        "target": hypothesis.text,
        "score": round(hypothesis.score, 4),
    }
    if line.flag:
        record["flag"] = line.flag.value
    return json.dumps(record, ensure_ascii=False)
