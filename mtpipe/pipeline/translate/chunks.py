"""Articles that are decoded together: prepared, cut into chunks, translated and put together again."""

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mtpipe.engines.batching import together
from mtpipe.engines.safety import is_translatable
from mtpipe.engines.system import InFlight
from mtpipe.errors import UnsupportedDirection
from mtpipe.pipeline.identity import article_sha256
from mtpipe.pipeline.systems.routes import Route
from mtpipe.pipeline.translate.estimates import Estimator
from mtpipe.pipeline.translate.kept import Kept, kept_apart, uncut
from mtpipe.sentences import split
from mtpipe.types import (
    Article,
    Block,
    Direction,
    Estimate,
    Failure,
    Hypothesis,
    Language,
    Segment,
    TranslatedBlock,
    TranslatedSegment,
    Translation,
)
from mtpipe.typography import restore, restore_capital, restore_numbers

if TYPE_CHECKING:
    from mtpipe.pipeline.translate.markup import MarkupMatcher

CHUNK_SEGMENTS = 512
"""Segments of a chunk, more or less: articles are whole, and count even where nothing of them is
translated."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is done with articles.

    Attributes:
        target: language of the translations.
        route: the way for a direction, see :class:`mtpipe.pipeline.systems.routes.Router`.
        estimators: of the quality of each sentence.
        markup: matches inline markup; None where the output doesn't show it.
    """

    target: Language
    route: Callable[[Direction], Route]
    estimators: tuple[Estimator, ...] = ()
    markup: "MarkupMatcher | None" = None

    def signature(self, direction: Direction) -> str:
        """Everything that the result depends on, apart from the article.

        Raises:
            UnsupportedDirection: no model translates this.
        """
        estimates = (estimator.signature(direction) for estimator in self.estimators)
        return " + ".join([self.route(direction).signature, *estimates])


@dataclass(frozen=True, slots=True)
class PreparedBlock:
    """A block on its way.

    Attributes:
        block: as read.
        direction: of its translation; None for what isn't translated.
        segments: of its text.
        kept: the same without what isn't to be translated, for the engine.
    """

    block: Block
    direction: Direction | None
    segments: tuple[Segment, ...]
    kept: tuple[Kept, ...]


@dataclass(frozen=True, slots=True)
class Prepared:
    """An article on its way.

    Attributes:
        article: as read.
        direction: of its translation.
        blocks: of the article.
        sha256: of what was read.
        signature: of what translates it.
        is_done: whether the output has it.
    """

    article: Article
    direction: Direction
    blocks: tuple[PreparedBlock, ...]
    sha256: str
    signature: str
    is_done: bool

    @property
    def size(self) -> int:
        """Its segments."""
        return sum(len(block.segments) for block in self.blocks)


def prepare(
    article: Article, plan: Plan, is_done: Callable[[str, str], bool]
) -> Prepared | Failure:
    """Cut an article into segments, and look whether it is done already.

    Args:
        article: as read.
        plan: what is done with it.
        is_done: whether there is a translation of an article's id in a version.

    Returns:
        The article; a failure if no model translates it.
    """
    try:
        direction = Direction(article.language, plan.target)
        signatures = {direction: plan.signature(direction)}
    except UnsupportedDirection as exc:
        return Failure(article.id, "direction", exc.message)
    blocks = []
    for block in article.blocks:
        way = _direction(block, direction, plan)
        segments = uncut(split(block.text, way.source), block.text, block.spans) if way else ()
        kept = tuple(kept_apart(segment, block.spans) for segment in segments)
        blocks.append(PreparedBlock(block, way, segments, kept))
        if way and way not in signatures:
            signatures[way] = plan.signature(way)
    sha256 = article_sha256(article)
    signature = " + ".join(signatures.values())
    done = is_done(article.id, version(sha256, signature))
    return Prepared(article, direction, tuple(blocks), sha256, signature, done)


def version(sha256: str, signature: str) -> str:
    """What distinguishes translations of an article: what was read, and what translated it."""
    return f"{sha256}|{signature}"


def _direction(block: Block, usual: Direction, plan: Plan) -> Direction | None:
    """The direction of a block in a language of its own.

    Nothing becomes of what is in the target language already or in one that no model reads: what
    models make of other languages than theirs is no translation.
    """
    if block.language is None:
        return usual
    try:
        direction = Direction(Language.parse(block.language), usual.target)
        plan.signature(direction)
    except UnsupportedDirection:
        return None
    return direction


def chunks(
    items: Iterable[Prepared | Failure], *, is_stopped: Callable[[], bool]
) -> Iterator[list[Prepared] | Failure]:
    """Articles to lists that are translated as one; which ones depends on the articles only.

    So a run that is taken up again decodes the same sentences together as one that wasn't
    interrupted, with the same result.

    Args:
        items: the stream.
        is_stopped: whether the stream was broken off: its last chunk isn't whole then.

    Yields:
        Chunks; failures as they come, before the chunk that they were read with.
    """
    chunk: list[Prepared] = []
    segments = 0
    for prepared in items:
        if isinstance(prepared, Failure):
            yield prepared
            continue
        chunk.append(prepared)
        segments += max(prepared.size, 1)
        if segments >= CHUNK_SEGMENTS:
            yield chunk
            chunk, segments = [], 0
    if chunk and not is_stopped():
        yield chunk


def translated(
    chunk: Sequence[Prepared], plan: Plan, in_flight: InFlight
) -> Generator[None, None, list[tuple[Prepared, Translation | None]]]:
    """The articles of a chunk with their translations; without, if all of them are done."""
    if all(prepared.is_done for prepared in chunk):
        return [(prepared, None) for prepared in chunk]
    texts: dict[Direction, list[str]] = {}
    for prepared in chunk:
        for block in prepared.blocks:
            if block.direction:
                texts.setdefault(block.direction, []).extend(kept.text for kept in block.kept)
    tasks = [plan.route(way).translation(texts[way], in_flight) for way in texts]
    hypotheses = dict(zip(texts, map(iter, (yield from together(tasks))), strict=True))
    blocks = [
        _assembled(block, hypotheses[block.direction]) if block.direction else ()
        for prepared in chunk
        for block in prepared.blocks
    ]
    ways = [block.direction for prepared in chunk for block in prepared.blocks]
    for estimator in plan.estimators:
        blocks = yield from _estimated(blocks, ways, estimator, in_flight)
    finished = iter(blocks)
    return [
        (
            prepared,
            Translation(
                prepared.article,
                prepared.direction,
                tuple(_block(block, next(finished), plan) for block in prepared.blocks),
                prepared.sha256,
                prepared.signature,
            ),
        )
        for prepared in chunk
    ]


_Segments = tuple[TranslatedSegment, ...]


def _assembled(prepared: PreparedBlock, hypotheses: Iterator[Hypothesis]) -> _Segments:
    """The segments of a block with their translations, in the target language's typography."""
    if prepared.direction is None:
        return ()
    own = [next(hypotheses) for _ in prepared.segments]
    respelt = [
        restore_capital(kept.text, restore_numbers(kept.text, hypothesis.text, prepared.direction))
        for kept, hypothesis in zip(prepared.kept, own, strict=True)
    ]
    texts = restore(respelt, prepared.direction.target)
    # Of what was copied only the figures change.
    chosen = [
        figures if hypothesis.text == kept.text else text
        for kept, hypothesis, figures, text in zip(prepared.kept, own, respelt, texts, strict=True)
    ]
    return tuple(
        TranslatedSegment(segment, replace(hypothesis, text=kept.restored(text)))
        for segment, kept, hypothesis, text in zip(
            prepared.segments, prepared.kept, own, chosen, strict=True
        )
    )


def _estimated(
    blocks: Sequence[_Segments],
    ways: Sequence[Direction | None],
    estimator: Estimator,
    in_flight: InFlight,
) -> Generator[None, None, list[_Segments]]:
    """The same segments with one more estimate each, if there is something to estimate."""
    tasks = {
        way: estimator.estimate(
            [
                (segment.segment.text, segment.hypothesis.text)
                for segments, own in zip(blocks, ways, strict=True)
                for segment in segments
                if own == way and is_translatable(segment.segment.text)
            ],
            way,
            in_flight,
        )
        for way in dict.fromkeys(filter(None, ways))
    }
    values = dict(zip(tasks, map(iter, (yield from together(list(tasks.values())))), strict=True))

    def with_estimate(segment: TranslatedSegment, way: Direction | None) -> TranslatedSegment:
        if way is None or not is_translatable(segment.segment.text):
            return segment
        estimate = Estimate(estimator.name, next(values[way]))
        return replace(segment, estimates=(*segment.estimates, estimate))

    return [
        tuple(with_estimate(segment, way) for segment in segments)
        for segments, way in zip(blocks, ways, strict=True)
    ]


def _block(prepared: PreparedBlock, segments: _Segments, plan: Plan) -> TranslatedBlock:
    block = TranslatedBlock(prepared.block, segments)
    if plan.markup is None or not prepared.block.spans:
        return block
    return replace(block, markup=plan.markup.match(block))
