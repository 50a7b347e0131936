"""Text of any form to sentences, and back: line breaks and spacing stay as they were.

Not for pages: see :mod:`mtpipe.web.libretranslate.html`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import regex as re

from mtpipe.sentences import split
from mtpipe.types import Direction, Language
from mtpipe.typography import restore, restore_capital, restore_numbers

__all__ = ["Sentences", "cut"]

_LINE = re.compile(r"[^\r\n\v\f\x1c-\x1e\x85\u2028\u2029]+")
_LETTER = re.compile(r"[^\W\d_]")


@dataclass(frozen=True, slots=True)
class Sentences:
    """A text that is cut into sentences.

    Attributes:
        texts: those that have a word in them.
        between: what stands in front of each of them, and behind the last one.
        lines: how many of the sentences each line has.
    """

    texts: list[str]
    between: list[str]
    lines: list[int]

    def joined(self, translations: Sequence[str], direction: Direction) -> str:
        """The text with translations in place of its sentences, in their language's typography."""
        return self.rendered(translations, direction)[0]

    def rendered(
        self, translations: Sequence[str], direction: Direction
    ) -> tuple[str, list[tuple[int, int, int, int]]]:
        """The same, and start and end of each sentence in this text and in the translated one."""
        parts: list[str] = []
        segments: list[tuple[int, int, int, int]] = []
        start = begin = 0
        respelt = self._respelt(translations, direction)
        for between, own, text in zip(self.between, self.texts, respelt, strict=False):
            start, begin = start + len(between), begin + len(between)
            segments.append((start, start + len(own), begin, begin + len(text)))
            start, begin = start + len(own), begin + len(text)
            parts += (between, text)
        return "".join([*parts, self.between[-1]]), segments

    def _respelt(self, translations: Sequence[str], direction: Direction) -> Iterator[str]:
        start = 0
        for size in self.lines:
            own = slice(start, start + size)
            yield from _line(self.texts[own], translations[own], direction)
            start += size


def cut(text: str, language: Language) -> Sentences:
    r"""Cut a text into sentences, each line by itself.

    >>> cut("Eins. Zwei.\n\n 3:0", Language.DE).texts
    ['Eins.', 'Zwei.']
    """
    sentences = Sentences([], [], [])
    end = 0
    for line in _LINE.finditer(text):
        size = len(sentences.texts)
        for segment in split(line[0], language):
            if not _LETTER.search(segment.text):
                continue
            start = line.start() + segment.start
            sentences.between.append(text[end:start])
            sentences.texts.append(segment.text)
            end = line.start() + segment.end
        if added := len(sentences.texts) - size:
            sentences.lines.append(added)
    sentences.between.append(text[end:])
    return sentences


def _line(sources: Sequence[str], targets: Sequence[str], direction: Direction) -> Iterator[str]:
    """The translations of one line's sentences, whose quotation marks belong together."""
    figures = [
        restore_capital(source, restore_numbers(source, target, direction))
        for source, target in zip(sources, targets, strict=True)
    ]
    texts = restore(figures, direction.target)
    for source, target, spelt, text in zip(sources, targets, figures, texts, strict=True):
        yield spelt if target == source else text  # of what was copied only the figures change
