"""Texts and pages translated by the workers, for any of LibreTranslate's operations."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from mtpipe.types import Direction
from mtpipe.web.libretranslate.html import as_piece, as_rendering, is_matched
from mtpipe.web.libretranslate.placing import Rendering, written
from mtpipe.web.libretranslate.runs import Run
from mtpipe.web.libretranslate.texts import Sentences, cut
from mtpipe.web.services import Services

__all__ = ["Translated", "cut_pages", "translate_pages", "translate_texts", "visible_texts"]

Page = list[str | Run]
_T = TypeVar("_T")

_AT_ONCE_CHARS = 5_000
"""That are cut and put together in a few milliseconds."""
_MATCHED_CHARS = 5_000
_ORDER_CHARS = 3_000
"""Of runs that are translated with their markup by one order, more or less, so that others get
their turn."""
_WAITED_CHARS = 10_000


@dataclass(frozen=True, slots=True)
class Translated:
    """A translated text, and further translations of it, the best first."""

    text: str
    alternatives: tuple[str, ...] = ()


async def translate_texts(
    services: Services, texts: Sequence[str], direction: Direction, *, alternatives: int = 0
) -> list[Translated]:
    """Translate texts of any form and length.

    Args:
        services: of the server.
        texts: of one language.
        direction: of the translation.
        alternatives: further translations of each that are wanted.

    Raises:
        MtpipeError: see :meth:`mtpipe.web.workers.coalescing.Translations.translate`.
    """
    cuts = await _cut(texts, direction)
    answers = iter(
        await _sentences(services, [t for c in cuts for t in c.texts], direction, alternatives)
    )

    def put_together() -> list[Translated]:
        return [
            _joined(sentences, [next(answers) for _ in sentences.texts], direction, alternatives)
            for sentences in cuts
        ]

    return await _beside(put_together, sum(map(len, texts)))


def _joined(
    sentences: Sentences, own: Sequence[Translated], direction: Direction, alternatives: int
) -> Translated:
    """A text of the best translations of its sentences, one of the second best, and so on."""
    best = sentences.joined([one.text for one in own], direction)
    others = (
        sentences.joined([_nth(one, n) for one in own], direction) for n in range(alternatives)
    )
    return Translated(best, tuple(dict.fromkeys(other for other in others if other != best)))


async def cut_pages(services: Services, pages: Sequence[str]) -> list[Page]:
    """Pages cut into runs of text and what stays as it is.

    Raises:
        MtpipeError: see :meth:`mtpipe.web.workers.pool.Pool.call`.
    """
    with_markup = [page for page in pages if "<" in page or "&" in page]
    answers = iter(
        await services.pool.call("html_cut", {"pages": with_markup}) if with_markup else ()
    )
    return [
        [as_piece(piece) for piece in next(answers)] if "<" in page or "&" in page else [Run(page)]
        for page in pages
    ]


def visible_texts(pages: Iterable[Page]) -> list[str]:
    """The text of each page that is to be translated."""
    return ["\n".join(run.text for run in _runs(page)) for page in pages]


async def translate_pages(
    services: Services, pages: Sequence[Page], direction: Direction
) -> list[str]:
    """Translate the text of pages; their markup comes back as it was.

    Raises:
        MtpipeError: see :func:`translate_texts`.
    """
    runs = [run for page in pages for run in _runs(page)]
    matched = [run for run in runs if is_matched(run, _MATCHED_CHARS)]
    others = [run for run in runs if not is_matched(run, _MATCHED_CHARS)]
    with_markup, plain = await _both(
        _with_markup(services, matched, direction), _plain(services, others, direction)
    )
    renderings = {id(run): r for run, r in zip(matched, with_markup, strict=True)}
    renderings |= {id(run): r for run, r in zip(others, plain, strict=True)}

    def put_together() -> list[str]:
        return [
            "".join(
                piece if isinstance(piece, str) else written(piece, renderings[id(piece)])
                for piece in page
            )
            for page in pages
        ]

    return await _beside(put_together, sum(len(run.text) for run in runs))


def _runs(page: Page) -> Iterator[Run]:
    return (piece for piece in page if isinstance(piece, Run))


async def _plain(services: Services, runs: Sequence[Run], direction: Direction) -> list[Rendering]:
    cuts = await _cut([run.text for run in runs], direction)
    answers = iter(await _sentences(services, [t for c in cuts for t in c.texts], direction, 0))
    return [
        Rendering(*one.rendered([next(answers).text for _ in one.texts], direction)) for one in cuts
    ]


async def _with_markup(
    services: Services, runs: Sequence[Run], direction: Direction
) -> list[Rendering]:
    found: list[Rendering] = []
    for group in _parts(runs, lambda run: len(run.text), _ORDER_CHARS):
        blocks = [{"text": run.text, "spans": _spans(run)} for run in group]
        answer = await services.pool.call(
            "html_blocks",
            {"source": direction.source.value, "target": direction.target.value, "blocks": blocks},
        )
        found += map(as_rendering, answer)
    return found


def _spans(run: Run) -> list[tuple[int, int, int]]:
    return [
        (node.start, node.end, number)
        for number, node in enumerate(run.nodes)
        if node.start < node.end and not node.name
    ]


def _parts(items: Iterable[_T], size: Callable[[_T], int], most: int) -> Iterator[list[_T]]:
    """Items in their order, in lists that are about as large as they may be."""
    part: list[_T] = []
    total = 0
    for item in items:
        if part and total + size(item) > most:
            yield part
            part, total = [], 0
        part.append(item)
        total += size(item)
    if part:
        yield part


async def _cut(texts: Sequence[str], direction: Direction) -> list[Sentences]:
    def all_cut() -> list[Sentences]:
        return [cut(text, direction.source) for text in texts]

    return await _beside(all_cut, sum(map(len, texts)))


async def _beside(work: Callable[[], _T], chars: int) -> _T:
    """Do something that takes more than some milliseconds beside the event loop."""
    return work() if chars <= _AT_ONCE_CHARS else await asyncio.to_thread(work)


async def _sentences(
    services: Services, texts: Sequence[str], direction: Direction, alternatives: int
) -> list[Translated]:
    """Translate sentences, so many at once that none waits for longer than a request may."""
    found: list[Translated] = []
    for part in _parts(texts, len, _WAITED_CHARS):
        answers = await services.translations.translate(
            part,
            source=direction.source.value,
            target=direction.target.value,
            alternatives=alternatives,
        )
        found += [Translated(answer.text, tuple(answer.alternatives)) for answer in answers]
    return found


def _nth(translated: Translated, number: int) -> str:
    """Another translation of a sentence; the best, where it has no other."""
    others = translated.alternatives
    return others[number] if number < len(others) else translated.text


async def _both(*work: Any) -> list[Any]:
    """Both results; if one fails, the other is given up."""
    tasks = [asyncio.ensure_future(each) for each in work]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
