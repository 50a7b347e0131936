"""Subtitles (SubRip) to the texts that are spoken, and back with numbers and times as they were."""

from collections.abc import Sequence
from dataclasses import dataclass

import regex as re

__all__ = ["Subtitles", "read_subtitles"]

_TIME = re.compile(r"\s*\d{1,3}:\d\d:\d\d[,.]\d{1,3}\s*-->\s*\d{1,3}:\d\d:\d\d[,.]\d{1,3}.*")
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_WORD = re.compile(r"(?:<[^<>]*+>|[^ ])++")
"""A line doesn't end within a tag."""
_TAG = re.compile(r"<[^<>]*+>")


@dataclass(frozen=True, slots=True)
class Subtitles:
    """A file of subtitles.

    Attributes:
        texts: what is spoken, each in one line.
        between: what stands in front of each, and behind the last.
        lines: how many lines each has.
        line_end: between the lines of one.
    """

    texts: list[str]
    between: list[str]
    lines: list[int]
    line_end: str = "\n"

    def joined(self, texts: Sequence[str]) -> str:
        """The file with other texts, each in as many lines as before."""
        parts: list[str] = []
        for between, text, lines in zip(self.between, texts, self.lines, strict=False):
            parts += (between, self.line_end.join(_in_lines(text, lines)))
        return "".join([*parts, self.between[-1]])


def read_subtitles(text: str) -> Subtitles:
    r"""The subtitles of a file.

    >>> found = read_subtitles("1\n00:00:01,000 --> 00:00:02,000\nGuten\nTag.\n\n")
    >>> found.texts
    ['Guten Tag.']
    """
    subtitles = Subtitles([], [], [], "\r\n" if "\r\n" in text else "\n")
    before: list[str] = []
    spoken: list[str] | None = None  # lines of the one that was begun
    for line in [*_LINE.findall(text), ""]:
        is_time = _TIME.fullmatch(line.rstrip("\r\n")) is not None
        if spoken is not None and line.strip() and not is_time:
            spoken.append(line)
            continue
        # Without an empty line in between, the number of the next one seems to be spoken.
        number = [spoken.pop()] if spoken and is_time and spoken[-1].strip().isdigit() else []
        if spoken:
            before = [_take(subtitles, "".join(before), spoken)]
        before += [*number, line]
        spoken = [] if is_time else None
    subtitles.between.append("".join(before))
    return subtitles


def _take(subtitles: Subtitles, before: str, spoken: Sequence[str]) -> str:
    """Add one that is complete; gives the white space behind it."""
    whole = "".join(spoken)
    stripped = whole.rstrip()
    subtitles.texts.append(" ".join(stripped.split()))
    subtitles.lines.append(len(spoken))
    subtitles.between.append(before)
    return whole[len(stripped) :]


def _in_lines(text: str, lines: int) -> list[str]:
    """A text in lines that are about as long as one another."""
    words = _WORD.findall(text)
    widths = [len(_TAG.sub("", word)) for word in words]
    rest = sum(widths) + len(widths) - 1  # of what isn't in a line yet
    parts: list[str] = []
    start = 0
    for left in range(lines, 1, -1):
        end, width = start, -1
        while end < len(words) and (end == start or width + (widths[end] + 1) / 2 < rest / left):
            width += widths[end] + 1
            end += 1
        parts += [" ".join(words[start:end])] if end > start else []
        rest -= width + 1
        start = end
    return [*parts, " ".join(words[start:])] if start < len(words) else parts
