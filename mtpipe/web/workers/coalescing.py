"""Segments of many requests that are translated together, each request in its turn.

A batch takes one segment of each request after the other, so that a short request is done with the
next batch whatever else there is. While all workers have one, further segments gather; when one is
free they are waited for until no more come for a moment.
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from mtpipe.errors import EngineError
from mtpipe.web.settings import ServeSettings
from mtpipe.web.workers.errors import Busy, TimedOut
from mtpipe.web.workers.pool import Pool

__all__ = ["TranslatedSegment", "Translations"]

_MOST_CHARS = 16_000
"""Of a batch: a second or two of work, whatever the segments are."""
_MOST_WINDOWS = 10
"""That are waited for others in all, as long as one comes in each of them."""


@dataclass(frozen=True, slots=True)
class TranslatedSegment:
    """The translation of one text.

    Attributes:
        text: the translation.
        score: see :class:`mtpipe.types.Hypothesis`.
        flags: problem and remedy (or None) of what was found in the first translation.
        alternatives: further translations, the best first; only where they were asked for.
        signature: of what translated it.
    """

    text: str
    score: float
    flags: tuple[tuple[str, str | None], ...] = ()
    alternatives: tuple[str, ...] = ()
    signature: str = ""


@dataclass(frozen=True, slots=True)
class _Kind:
    """What segments have in common that can be decoded together."""

    source: str
    target: str
    model: str
    beam: int
    alternatives: int


class _Request:
    """Texts of one caller, some of them on their way."""

    def __init__(self, texts: Sequence[str], kind: _Kind) -> None:
        self.texts = texts
        self.kind = kind
        self.answer: asyncio.Future[list[TranslatedSegment]] = (
            asyncio.get_running_loop().create_future()
        )
        self.is_alone = False
        """Whether a batch with others failed, perhaps through this one's doing."""
        self._todo = deque(range(len(texts)))
        self._found: dict[int, TranslatedSegment] = {}

    @property
    def left(self) -> int:
        """How many of its texts aren't on their way yet."""
        return len(self._todo)

    @property
    def is_over(self) -> bool:
        """Whether nothing of it is to be translated: it waits for what is on its way, or is gone."""
        return not self._todo or self.answer.done()

    def take(self) -> int:
        """The number of the next text."""
        return self._todo.popleft()

    def put_back(self, number: int) -> None:
        """Have a text translated once more, in a batch of its own."""
        self.is_alone = True
        self._todo.append(number)

    def give(self, number: int, segment: TranslatedSegment) -> None:
        """Take a translation; the last one is the answer."""
        self._found[number] = segment
        if len(self._found) == len(self.texts) and not self.answer.done():
            self.answer.set_result([self._found[n] for n in range(len(self.texts))])

    def fail(self, error: Exception) -> None:
        """Answer with an error."""
        if not self.answer.done():
            self.answer.set_exception(error)


_Batch = list[tuple[_Request, int]]


class Translations:
    """Translates for many requests at once.

    Args:
        pool: that computes.
        settings: how much is decoded together, and how long it waits for others.
        on_batch: gets the numbers of segments and of requests of each batch.
    """

    def __init__(
        self,
        pool: Pool,
        settings: ServeSettings,
        *,
        on_batch: Callable[[int, int], object] | None = None,
    ) -> None:
        self._pool = pool
        self._settings = settings
        self._on_batch = on_batch
        self._waiting: OrderedDict[_Kind, deque[_Request]] = OrderedDict()
        self._running: dict[asyncio.Task[None], _Batch] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._latest = 0.0
        """When what waits is begun, whatever else comes; of the loop's clock."""

    async def translate(
        self,
        texts: Sequence[str],
        *,
        source: str,
        target: str,
        model: str | None = None,
        beam: int = 4,
        alternatives: int = 0,
    ) -> list[TranslatedSegment]:
        """Translate texts, each as one segment.

        Args:
            texts: sentences or headings.
            source: their language.
            target: language of the translations.
            model: by default that of the settings.
            beam: width of the beam search.
            alternatives: further translations of each that are wanted.

        Raises:
            Busy: too many requests wait.
            TimedOut: it takes longer than a request may.
            MtpipeError: see :meth:`mtpipe.web.workers.pool.Pool.call`.
        """
        if not texts:
            return []
        if sum(map(len, self._waiting.values())) >= self._settings.queue_limit:
            raise Busy
        kind = _Kind(source, target, model or self._settings.model, beam, alternatives)
        request = _Request(texts, kind)
        self._waiting.setdefault(kind, deque()).append(request)
        self._arrange()
        limit = asyncio.timeout(self._settings.request_seconds)
        try:
            async with limit:
                return await request.answer
        except TimeoutError as exc:
            if limit.expired():
                raise TimedOut(self._settings.request_seconds) from exc
            raise
        finally:
            self._forget(request)

    def _forget(self, request: _Request) -> None:
        """Take a request out, and stop what nobody waits for."""
        if (requests := self._waiting.get(request.kind)) and request in requests:
            requests.remove(request)
            if not requests:
                del self._waiting[request.kind]
        for task, batch in self._running.items():
            if not task.cancelling() and all(each.answer.done() for each, _ in batch):
                task.cancel()

    def _arrange(self) -> None:
        """See that what waits is begun: at once if it is a batch full, else when no more comes.

        Those whom the batch before has answered are about to ask again, most of them. Begun without
        them, the next batch would leave them to the one after it: two halves for ever, and a half
        takes nearly as long as the whole.
        """
        if not self._waiting or len(self._running) >= self._settings.workers:
            return
        loop, window_s = asyncio.get_running_loop(), self._settings.batch_window_ms / 1000
        now = loop.time()
        if self._timer:
            self._timer.cancel()
        else:
            self._latest = now + _MOST_WINDOWS * window_s
        is_full = self._count_waiting() >= self._settings.batch_segments
        due = now if is_full else min(now + window_s, self._latest)
        self._timer = loop.call_at(due, self._begin)

    def _count_waiting(self) -> int:
        return sum(request.left for requests in self._waiting.values() for request in requests)

    def _begin(self) -> None:
        """Give a batch to each worker that has none."""
        if self._timer:
            self._timer.cancel()
            self._timer = None
        while self._waiting and len(self._running) < self._settings.workers:
            if batch := self._next_batch():
                task = asyncio.create_task(self._translate(batch))
                self._running[task] = batch
                task.add_done_callback(self._done)

    def _done(self, task: "asyncio.Task[None]") -> None:
        self._running.pop(task)
        if not task.cancelled():
            task.result()
        self._arrange()

    def _next_batch(self) -> _Batch:
        """Segments of the kind whose turn it is, one of each request after the other."""
        kind, requests = next(iter(self._waiting.items()))
        batch: _Batch = []
        chars = 0
        while requests and len(batch) < self._settings.batch_segments and chars < _MOST_CHARS:
            if requests[0].is_alone and batch and batch[-1][0] is not requests[0]:
                break  # for the next batch
            request = requests.popleft()
            if request.is_over:
                continue
            number = request.take()
            batch.append((request, number))
            chars += len(request.texts[number])
            if not request.is_over:
                (requests.appendleft if request.is_alone else requests.append)(request)
            if request.is_alone and request.is_over:
                break
        if requests:
            self._waiting.move_to_end(kind)
        else:
            del self._waiting[kind]
        return batch

    async def _translate(self, batch: _Batch) -> None:
        """Translate a batch, and give everybody what is theirs."""
        kind = batch[0][0].kind
        if self._on_batch:
            self._on_batch(len(batch), len({id(request) for request, _ in batch}))
        arguments = {
            "texts": [request.texts[number] for request, number in batch],
            "source": kind.source,
            "target": kind.target,
            "model": kind.model,
            "beam": kind.beam,
            "alternatives": kind.alternatives,
        }
        try:
            found = await self._pool.call("translate_segments", arguments)
        except Exception as exc:  # noqa: BLE001 - for those who wait
            self._failed(batch, exc)
            return
        for (request, number), segment in zip(batch, found, strict=True):
            request.give(number, _segment(segment))

    def _failed(self, batch: _Batch, error: Exception) -> None:
        """Tell all who wait; if one may have brought it about, each gets a batch of its own."""
        requests = {id(request): request for request, _ in batch}.values()
        if len(requests) == 1 or not isinstance(error, EngineError) or isinstance(error, Busy):
            for request in requests:
                request.fail(error)
            return
        for request, number in batch:
            request.put_back(number)
        for request in requests:
            waiting = self._waiting.setdefault(request.kind, deque())
            if request not in waiting:
                waiting.append(request)


def _segment(found: dict[str, Any]) -> TranslatedSegment:
    return TranslatedSegment(
        found["text"],
        found["score"],
        tuple((flag["problem"], flag["remedy"]) for flag in found.get("flags", ())),
        tuple(found.get("alternatives", ())),
        found.get("signature", ""),
    )
