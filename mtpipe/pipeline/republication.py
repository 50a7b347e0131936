"""The examination of a candidate: aligned, measured, scored, decided, all in one value."""

import html
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from mtpipe import __version__
from mtpipe.detect.artefacts import find_artefacts
from mtpipe.detect.card import Scale, VerdictCard, read_card
from mtpipe.detect.copies import COPIED, copied_share
from mtpipe.detect.republication import republication_score
from mtpipe.detect.rules import Rules, load_rules
from mtpipe.detect.scores import MIN_SENTENCES, machine_score, translation_score, unmeasured
from mtpipe.detect.verdict import decide
from mtpipe.engines.batching import interleave
from mtpipe.engines.system import InFlight, System
from mtpipe.errors import ModelError
from mtpipe.models.cards import bundled_directory, find_installed
from mtpipe.pipeline.measuring import Instruments, Measured
from mtpipe.pipeline.systems import Route, load_system
from mtpipe.segment import sentences_of
from mtpipe.types import (
    Article,
    Comparison,
    Detection,
    Direction,
    Score,
    ScoreName,
)

CARD = "verdict"


class Detector:
    """Everything that examinations need, loaded once.

    Args:
        card: of the verdict; the one that ships by default.
        rules: files of further rules for the page.
        engine: measure with a translation model as well, if the card was calibrated with one
            that is installed.

    Raises:
        ConfigError: card or rules can't be read.
        ModelError: what ships is damaged.
    """

    def __init__(
        self, *, card: Path | None = None, rules: Sequence[Path] = (), engine: bool = True
    ) -> None:
        self.card: VerdictCard = read_card(card or bundled_directory() / CARD / "card.toml")
        self.rules: Rules = load_rules(rules)
        self._instruments = Instruments(_rating_system(self.card) if engine else None)
        self.machine_scale: Scale = (
            self.card.machine_made_engine
            if self.card.machine_made_engine and self._instruments.system
            else self.card.machine_made
        )

    @property
    def signature(self) -> str:
        """Everything that the scores depend on."""
        system = self._instruments.system
        rated = f"|rated by {system.name}" if system else ""
        return f"mtpipe:{__version__}|verdict:{self.card.sha256[:12]}|{self.rules.signature}{rated}"

    def examine(
        self,
        candidate: Article,
        original: Article | None = None,
        *,
        route: Callable[[Direction], Route] | None = None,
        sentences: tuple[Sequence[str], Sequence[str]] | None = None,
    ) -> Detection:
        """Examine one candidate.

        Args:
            candidate: the article under suspicion.
            original: what it may come from; None if nothing is known.
            route: the way to translate the original, for the comparison; None for none.
            sentences: of original and candidate, where they are known.

        Raises:
            EngineError: a translation model failed.
        """
        evidence = find_artefacts(candidate, self.rules, original=original)
        republication = republication_score(evidence, self.rules, candidate=candidate)
        words = sum(len(block.text.split()) for block in candidate.blocks)
        own = sentences[1] if sentences else sentences_of(candidate)
        theirs = sentences[0] if sentences else sentences_of(original) if original else ()
        if original is None or not theirs or not own:
            verdict = decide(
                *self._unmeasured("there is no original"),
                republication,
                words=words,
                has_original=False,
            )
            return Detection(candidate, original, None, verdict, self.signature)
        if original.language == candidate.language:
            return self._examine_copy(candidate, original, theirs, own, republication, words)
        direction = Direction(original.language, candidate.language)
        measured, translation, machine = self.compare(theirs, own, direction)
        comparison = Comparison(
            tuple(measured.original), tuple(measured.candidate), measured.alignment
        )
        if route is not None:
            comparison = _with_translations(comparison, route(direction))
        verdict = decide(translation, machine, republication, words=words, has_original=True)
        return Detection(candidate, original, comparison, verdict, self.signature)

    def compare(
        self, original: Sequence[str], candidate: Sequence[str], direction: Direction
    ) -> tuple[Measured, Score, Score]:
        """Measure two lists of sentences, and score them for ``translation_of`` and ``machine_made``.

        Raises:
            EngineError: a translation model failed.
        """
        measured = self._instruments.measure(original, candidate, direction)
        translation = self._translation_score(measured)
        return measured, translation, self._machine_score(measured, translation)

    def _unmeasured(self, note: str) -> tuple[Score, Score]:
        return (
            unmeasured(ScoreName.TRANSLATION_OF, self.card.translation_of, note),
            unmeasured(ScoreName.MACHINE_MADE, self.machine_scale, note),
        )

    def _translation_score(self, measured: Measured) -> Score:
        sentences = min(len(measured.original), len(measured.candidate))
        return translation_score(measured.relation, self.card.translation_of, sentences)

    def _machine_score(self, measured: Measured, translation: Score) -> Score:
        scale, name = self.machine_scale, ScoreName.MACHINE_MADE
        if measured.linked < MIN_SENTENCES:
            note = f"fewer than {MIN_SENTENCES} sentences correspond"
            return unmeasured(name, scale, note)
        score = machine_score(measured.closeness, scale, measured.linked)
        if translation.is_yes:
            return score
        return replace(score, note="means little where the candidate doesn't render the original")

    def _examine_copy(
        self,
        candidate: Article,
        original: Article,
        theirs: Sequence[str],
        own: Sequence[str],
        republication: Score,
        words: int,
    ) -> Detection:
        share = copied_share(theirs, own)
        verdict = decide(
            *self._unmeasured("both articles are in the same language"),
            republication,
            words=words,
            has_original=True,
            copied=share if share >= COPIED else None,
        )
        alignment = self._instruments.align(theirs, own)
        comparison = Comparison(tuple(theirs), tuple(own), alignment)
        return Detection(candidate, original, comparison, verdict, self.signature)


def _with_translations(comparison: Comparison, route: Route) -> Comparison:
    sources = [html.unescape(text) for text in comparison.original]
    [hypotheses] = interleave([route.translation(sources, InFlight())])
    texts = tuple(hypothesis.text for hypothesis in hypotheses)
    return replace(comparison, translations=texts, signature=route.signature)


def _rating_system(card: VerdictCard) -> System | None:
    """The system that the card's scale wants, if it is here in the same revision."""
    if card.machine_made_engine is None:
        return None
    try:
        model = find_installed(card.machine_made_engine.system.partition("@")[0])
        system = load_system(model, device="cpu")
    except ModelError:
        return None
    return system if system.name == card.machine_made_engine.system else None
