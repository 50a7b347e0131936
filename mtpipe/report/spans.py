"""Spans of inline markup as elements can be: within their text, and nested."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from mtpipe.types import Markup, Span

__all__ = ["nested"]


def nested(spans: Iterable[Span], length: int) -> Iterator[Span]:
    """The spans in order, those that hold others first.

    What reaches beyond the text is cut. Left out are spans with nothing in them, those that cross
    an earlier one, and links within links, which HTML doesn't know.

    Args:
        spans: in any order, with any offsets.
        length: of the text, in characters.
    """
    open_spans: list[Span] = []
    within = (
        replace(span, start=max(span.start, 0), end=min(span.end, length))
        for span in spans
        if max(span.start, 0) < min(span.end, length)
    )
    for span in sorted(within, key=lambda span: (span.start, -span.end)):
        while open_spans and open_spans[-1].end <= span.start:
            open_spans.pop()
        if open_spans and open_spans[-1].end < span.end:
            continue
        if span.markup is Markup.LINK and any(s.markup is Markup.LINK for s in open_spans):
            continue
        open_spans.append(span)
        yield span
