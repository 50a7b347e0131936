"""Translation from Python: segments, lines and articles, by whatever model there is.

A :class:`Translator` is what all of it goes through, the command line as well. Not for quality
against references (:mod:`mtpipe.pipeline.score`).
"""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Self

from mtpipe.errors import ConfigError, UnsupportedDirection
from mtpipe.pipeline.systems.choosing import AUTO, ChosenModel
from mtpipe.pipeline.translate.articles import (
    ArticlesSummary,
    ArticleStream,
    Skipped,
    translate_articles,
)
from mtpipe.pipeline.translate.equipment import Equipment
from mtpipe.pipeline.translate.lines import LinesSummary, opened_lines, translate_lines
from mtpipe.types import Article, Direction, Failure, Hypothesis, Language, Translation
from mtpipe.types.choices import Device, DocumentFormat, EngineName, Quantization

__all__ = ["Translator"]

MOST_HYPOTHESES = 64
"""That a search keeps at each step, at the most."""


class Translator:
    """Translates into one language; loads each model when it is first needed, and keeps it.

    Evident mistakes (loops, lost numbers, the wrong language ...) are decoded again in other ways,
    and flagged. A direction that no model translates goes through a third language.

    Any number of threads may share a translator. Each gets what it would get alone.

    Example:
        >>> import mtpipe
        >>> with mtpipe.Translator("en", model="starter", cache=False) as translator:
        ...     [hypothesis] = translator.segments(["Guten Morgen."], source="de")
        >>> hypothesis.text
        'Good morning.'

    Args:
        to: target language.
        source: source language; by default each article's own.
        model: an installed model's name, a folder, or ``"auto"``: the best one for each direction.
        engine: what runs the models.
        beam: width of the beam search, 1 to 64; 1 is greedy.
        quantization: weights for CTranslate2.
        device: where to compute.
        threads: CPU threads; by default one per core.
        cache: keep the segments of articles on disk, and don't translate them again.
        round_trip: estimate each segment of articles by translating it back, too.
        comet: estimate each segment of articles with this model of COMET.

    Raises:
        UnsupportedDirection: no such language, twice the same, or ``model`` can't translate it.
        ModelNotFound: there is no such model here, or COMET can't use its.
        ConfigError: a beam that can't be, or a setting that is no number.
        DependencyMissing: COMET isn't installed.
        ValueError: there is no such engine, device or weights.
    """

    def __init__(
        self,
        to: Language | str,
        *,
        source: Language | str | None = None,
        model: str = AUTO,
        engine: EngineName | str = EngineName.CTRANSLATE2,
        beam: int = 4,
        quantization: Quantization | str = Quantization.AUTO,
        device: Device | str = Device.AUTO,
        threads: int | None = None,
        cache: bool = True,
        round_trip: bool = False,
        comet: str | None = None,
    ) -> None:
        self.target = Language.parse(to)
        self.source = Language.parse(source) if source else None
        self.model = model
        self._equipment = Equipment(
            model,
            engine=EngineName(engine),
            beam=beam,
            quantization=Quantization(quantization),
            device=Device(device),
            threads=threads,
            cache=cache,
        )
        if self.source:
            self._equipment.articles.legs(self._direction(None))  # a wrong model shows at once
        self._equipment.estimate(round_trip=round_trip, comet=comet)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the cache's file; the translator can still be used."""
        self._equipment.close()

    @property
    def signature(self) -> str:
        """Everything that translations depend on, apart from the text: models, engine, search.

        Loads the models: those of the source language or, without one, of each that there is.

        Raises:
            UnsupportedDirection, ModelNotFound, ModelCorrupt: a model can't be used.
        """
        plan, found = self._equipment.plan(self.target), []
        if self.source:
            return plan.signature(Direction(self.source, self.target))
        for source in set(Language) - {self.target}:
            with suppress(UnsupportedDirection):
                found.append(plan.signature(Direction(source, self.target)))
        return " + ".join(sorted(found))

    def models(self, source: Language | str | None = None) -> list[ChosenModel]:
        """The models that translate from a language: one or, through a third language, two.

        Args:
            source: the language; by default the translator's.

        Raises:
            UnsupportedDirection: none does, or the language isn't one.
            ModelNotFound: there is no such model here.
        """
        legs = self._equipment.articles.legs(self._direction(source))
        return [ChosenModel.of(model, direction) for model, direction in legs]

    def segments(
        self, texts: Iterable[str], *, source: Language | str | None = None
    ) -> list[Hypothesis]:
        """Translate texts, each as one segment: a sentence, or a heading.

        Args:
            texts: to be translated.
            source: their language; by default the translator's.

        Returns:
            One hypothesis per text, in their order; what has no word in it is copied.

        Raises:
            UnsupportedDirection: no model translates this.
            ModelCorrupt: a model is damaged.
            EngineError: decoding failed.
        """
        if isinstance(texts, str):
            raise TypeError("texts are several strings, not one: give [text]")
        return list(self._equipment.articles.route(self._direction(source)).stream(texts))

    def nbest(
        self, texts: Sequence[str], *, count: int, source: Language | str | None = None
    ) -> list[list[Hypothesis]]:
        """The best translations of texts as one search finds them, each text as one segment.

        They are neither checked nor mended, so that the first one isn't always that of
        :meth:`segments`.

        Example:
            >>> import mtpipe
            >>> translator = mtpipe.Translator("en", source="de", model="starter", cache=False)
            >>> [found] = translator.nbest(["Guten Morgen."], count=3)
            >>> len(found) <= 3, found[0].text
            (True, 'Good morning.')

        Args:
            texts: to be translated.
            count: of translations of each, 1 to 64; the beam is as wide at least.
            source: their language; by default the translator's.

        Returns:
            For each text up to so many of different wording, the best first; none for one without
            a word, or so long that it is translated in pieces.

        Raises:
            UnsupportedDirection: no model translates this.
            ConfigError: a count that can't be.
            EngineError: decoding failed.
        """
        if isinstance(texts, str):
            raise TypeError("texts are several strings, not one: give [text]")
        if not 1 <= count <= MOST_HYPOTHESES:
            raise ConfigError(f"a search finds 1 to {MOST_HYPOTHESES} translations, not {count}")
        return self._equipment.articles.route(self._direction(source)).nbest(texts, count)

    def articles(
        self,
        items: Iterable[Article | Failure],
        *,
        markup: bool = False,
        is_stopped: Callable[[], bool] = lambda: False,
    ) -> Iterator[Translation | Failure]:
        """Translate articles as the results are asked for; any number of them.

        Example:
            >>> from pathlib import Path
            >>> import mtpipe
            >>> _ = Path("a.txt").write_text("Die neue Brücke wurde am Montag eröffnet.")
            >>> translator = mtpipe.Translator("en", model="starter", cache=False)
            >>> for translation in translator.articles(mtpipe.read_articles(["a.txt"])):
            ...     print(translation.direction, translation.blocks[0].text)
            de-en The new bridge was opened on Monday.

        Args:
            items: see :func:`mtpipe.read_articles`; some thousand sentences are read ahead.
            markup: match links and emphasis to the words of the translation.
            is_stopped: asked now and then; once it is true, the articles in hand are finished, and
                no others are taken in.

        Yields:
            Translations in the order of the articles; failures, of reading as well, as soon as
            they are known.

        Raises:
            ModelNotFound, ModelCorrupt: a model can't be used.
            EngineError: decoding failed.
        """
        stream = ArticleStream(
            items, self._equipment.plan(self.target, markup=markup), is_stopped=is_stopped
        )
        for result in stream:
            if not isinstance(result, Skipped):
                yield result

    def write(
        self,
        items: Iterable[Article | Failure],
        output: Path | str | None = None,
        *,
        form: DocumentFormat | str = DocumentFormat.JSONL,
        is_stopped: Callable[[], bool] = lambda: False,
        on_progress: Callable[[ArticlesSummary], None] = lambda _: None,
    ) -> ArticlesSummary:
        """Translate articles into a file, or to standard output.

        A file of JSON lines can be resumed: what is there in the same version isn't done again,
        and the result is the same as without an interruption. Other documents take the place of
        an earlier file when they are complete, and only then. Where nothing could be read at all
        (:attr:`~mtpipe.pipeline.translate.articles.ArticlesSummary.nothing_was_read`), the file
        stays as it was.

        Example:
            >>> from pathlib import Path
            >>> import mtpipe
            >>> _ = Path("a.txt").write_text("Die neue Brücke wurde am Montag eröffnet.")
            >>> translator = mtpipe.Translator("en", model="starter", cache=False)
            >>> summary = translator.write(mtpipe.read_articles(["a.txt"]), "translated.jsonl")
            >>> summary.articles, summary.failures
            (1, [])

        Args:
            items: see :meth:`articles`.
            output: the file; None for standard output.
            form: what is written.
            is_stopped: see :meth:`articles`.
            on_progress: gets the summary so far after each article.

        Raises:
            InputError: the file has something else in it, which isn't overwritten.
            OutputError: it can't be written, or another run has it open; what is done is safe.
            ModelNotFound, ModelCorrupt: a model can't be used.
            EngineError: decoding failed.
        """
        from mtpipe.pipeline.translate import output as outputs  # noqa: PLC0415 - templates, only then

        form, path = DocumentFormat(form), Path(output) if output is not None else None
        plan = self._equipment.plan(self.target, markup=form is DocumentFormat.HTML)
        if self.source:
            plan.signature(self._direction(None))  # before there is an output
        summary = ArticlesSummary()
        with (
            suppress(outputs.LeftAsItWas),
            outputs.opened_output(path or sys.stdout.buffer, form, self.target) as opened,
        ):
            summary = translate_articles(
                items, plan, opened, is_stopped=is_stopped, on_progress=on_progress
            )
            outputs.leave_if_worse(path, form, summary)
        summary.output = path
        return summary

    def lines(
        self,
        lines: Path | str | BinaryIO | None = None,
        output: Path | str | BinaryIO | None = None,
        *,
        source: Language | str | None = None,
        as_json: bool = False,
        on_progress: Callable[[int], None] = lambda _: None,
    ) -> LinesSummary:
        """Translate a file line by line: one segment in, one out.

        Evident mistakes are flagged but, unlike in articles, not decoded again; nothing is kept in
        the cache. Until the output is complete, it is in OUTPUT.part.

        Example:
            >>> from pathlib import Path
            >>> import mtpipe
            >>> _ = Path("in.txt").write_text("Guten Morgen.")
            >>> translator = mtpipe.Translator("en", source="de", model="starter")
            >>> translator.lines("in.txt", "out.txt").lines
            1
            >>> Path("out.txt").read_text().strip()
            'Good morning.'

        Args:
            lines: a file or a stream of bytes, see :func:`mtpipe.lines.read_lines`; None for
                standard input.
            output: gets the translations; None for standard output. Streams stay open.
            source: language of the lines; by default the translator's.
            as_json: write a JSON object per line instead of the bare translation.
            on_progress: gets the number of lines done: 0 when the files are open, and then now and
                then.

        Raises:
            InputError: the lines can't be read or aren't text; everything before that is written.
            OutputError: the output can't be written, or another run has it open.
            EngineError: decoding failed; what is done is written.
            UnsupportedDirection, ModelCorrupt: see :meth:`segments`.
        """
        direction = self._direction(source)
        route = self._equipment.lines.route(direction)  # before there is an output
        with opened_lines(lines, output) as (stream, target, name):
            on_progress(0)
            return translate_lines(
                stream, target, route, direction, name=name, as_json=as_json,
                on_progress=on_progress,
            )  # fmt: skip

    def _direction(self, source: Language | str | None) -> Direction:
        language = Language.parse(source) if source else self.source
        if language is None:
            raise ConfigError("segments don't say their language", hint="give it as source='de'")
        return Direction(language, self.target)
