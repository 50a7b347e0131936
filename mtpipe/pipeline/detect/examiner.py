"""One examination of a candidate: aligned, measured, scored, decided, all in one value."""

import html
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mtpipe import __version__
from mtpipe.detection.agreement import GOOD_TRANSLATION, agreement
from mtpipe.detection.artefacts import find_artefacts
from mtpipe.detection.card import Scale, VerdictCard, read_card
from mtpipe.detection.copies import copied_share
from mtpipe.detection.links import Sentences
from mtpipe.detection.republication import republication_score
from mtpipe.detection.rules import Rules, load_rules
from mtpipe.detection.scores import (
    MIN_SENTENCES,
    machine_score,
    translation_score,
    unmeasured,
    with_reservation,
)
from mtpipe.detection.verdict import decide
from mtpipe.engines.batching import interleave
from mtpipe.engines.capitals import is_in_capitals
from mtpipe.engines.protection import Safeguards
from mtpipe.engines.system import InFlight
from mtpipe.errors import ConfigError, InputError, ModelError
from mtpipe.models.cards import bundled_directory, find_installed
from mtpipe.pipeline.detect.measuring import Instruments, Measured, Subject
from mtpipe.pipeline.systems.choosing import AUTO, system_name
from mtpipe.pipeline.systems.loading import load_system
from mtpipe.pipeline.systems.rating import Rater
from mtpipe.pipeline.systems.routes import Route, Router
from mtpipe.types import (
    Article,
    Comparison,
    Detection,
    Direction,
    Score,
    ScoreName,
)

_log = logging.getLogger(__name__)

CARD = "verdict"

MEASURES_VERSION = 6
"""Goes up when the same articles are measured or judged otherwise with the same card."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is wanted of an examination.

    Attributes:
        translations: our translation of the original beside it, needed for the verdict or not.
        sought: where the original was looked for, if it was.
    """

    translations: bool = False
    sought: str = ""


VERDICT = Wanted()
"""The verdict alone."""


class Examiner:
    """Everything that examinations need, loaded once; any number of threads may share it.

    Args:
        card: of the verdict; the one that ships by default.
        rules: files of further rules for the page.
        engine: measure with a translation model as well: by how far the candidate agrees with
            its translation, if there is another than the model that ships and it translates this
            original well; else by how likely it finds the candidate beside what it expects, if the
            card was calibrated with it.
        model: that translates originals: its name, or ``"auto"`` for the best of a direction.
        prior: the share of machine translations that the user expects, between 0 and 1; goes into
            the detections, for the probability that follows. No verdict rests on it.

    Raises:
        ConfigError: card or rules can't be read, or a prior is given and the card is of a version
            that has no likelihood ratios.
        InputError: the prior isn't between 0 and 1.
        ModelError: what ships is damaged, or there is no such model.
    """

    def __init__(
        self,
        *,
        card: Path | None = None,
        rules: Sequence[Path] = (),
        engine: bool = True,
        model: str = AUTO,
        prior: float | None = None,
    ) -> None:
        if prior is not None and not 0 < prior < 1:
            raise InputError(
                f"a prior of {prior:g} leaves nothing to find out",
                hint="give a share between 0 and 1, such as 0.01",
            )
        self.prior = prior
        self.card: VerdictCard = read_card(card or bundled_directory() / CARD / "card.toml")
        if prior is not None and self.card.machine_made.likelihood is None:
            raise ConfigError(
                "the card of the verdict has no likelihood ratios, which a prior needs",
                hint="make one anew: mtpipe detect --calibrate LABELLED.jsonl -o card.toml",
            )
        self.rules: Rules = load_rules(rules)
        self.instruments = Instruments(_rater(self.card) if engine else None)
        self.machine_scale: Scale = (
            self.card.machine_made_engine
            if self.card.machine_made_engine and self.instruments.rater
            else self.card.machine_made
        )
        self._router = Router(
            model,
            lambda chosen, other: load_system(chosen, safeguards=Safeguards.REPAIR, other=other),
        )
        # What an original may be translated by for its candidate to be compared with.
        self._peers = self._router.fetched() if engine and self.card.machine_made_agreement else []

    @property
    def signature(self) -> str:
        """Everything that the scores depend on."""
        rater = self.instruments.rater
        rated = f"|rated by {rater.name}" if rater else ""
        compared = f"|compared with {' '.join(self._peers)}" if self._peers else ""
        card = self.card.sha256[:12]
        measured = f"verdict:{card}|measures:{MEASURES_VERSION}|{self.rules.signature}"
        presumed = f"|prior:{self.prior:g}" if self.prior is not None else ""
        return f"mtpipe:{__version__}|{measured}{rated}{compared}{presumed}"

    def subject(self, article: Article, sentences: Sequence[str] | None = None) -> Subject:
        """An article, to be examined or compared with any number of others.

        Args:
            article: a candidate or an original.
            sentences: where they are known.
        """
        return Subject(article, self.instruments, sentences=sentences)

    def examine(
        self, candidate: Subject, original: Subject | None = None, wanted: Wanted = VERDICT
    ) -> Detection:
        """Examine one candidate.

        Args:
            candidate: the article under suspicion.
            original: what it may come from; None if nothing is known.
            wanted: beside the verdict.

        Raises:
            EngineError: a translation model failed.
            ModelNotFound, UnsupportedDirection, ModelCorrupt: there is none to translate with.
        """
        article, other = candidate.article, original.article if original else None
        evidence = find_artefacts(article, self.rules, original=other)
        republication = republication_score(evidence, self.rules, candidate=article)
        words = len(article.compared_text.split())
        if original is None or not original.texts or not candidate.texts:
            verdict = decide(
                *self._unmeasured("there is no original"),
                republication,
                words=words,
                has_original=False,
                sought=wanted.sought,
            )
            return Detection(article, other, None, verdict, self.signature, prior=self.prior)
        if original.article.language == article.language:
            return self._examine_copy(candidate, original, republication, words)
        direction = Direction(original.article.language, article.language)
        comparison, translation, machine = self.compare(
            original.measurable, candidate.measurable, direction, wanted
        )
        verdict = decide(translation, machine, republication, words=words, has_original=True)
        return Detection(article, other, comparison, verdict, self.signature, prior=self.prior)

    def compare(
        self,
        original: Sentences | Sequence[str],
        candidate: Sentences | Sequence[str],
        direction: Direction,
        wanted: Wanted = VERDICT,
    ) -> tuple[Comparison, Score, Score]:
        """Align two lists of sentences, and score them for ``translation_of`` and ``machine_made``.

        Args:
            original: sentences, at least one.
            candidate: sentences, at least one.
            direction: from the original's language to the candidate's.
            wanted: beside the scores.

        Raises:
            EngineError: a translation model failed.
            ModelNotFound, UnsupportedDirection, ModelCorrupt: there is none to translate with.
        """
        measured = self.instruments.measure(original, candidate, direction)
        comparison = Comparison(
            tuple(measured.original), tuple(measured.candidate), measured.alignment
        )
        translation = self._translation_score(measured)
        may_have_peer = (
            translation.is_yes
            and len(measured.rendered) >= MIN_SENTENCES
            and self._may_have_peer(direction)
        )
        if may_have_peer or wanted.translations:
            comparison = _with_translations(comparison, self._router.route(direction))
        if may_have_peer and self._is_peer(comparison, direction):
            comparison = replace(comparison, is_measure=True)
        machine = self._machine_score(
            measured, direction, translation, comparison if comparison.is_measure else None
        )
        known = self.card.directions
        return (
            comparison,
            with_reservation(translation, direction, known),
            with_reservation(machine, direction, known),
        )

    def _may_have_peer(self, direction: Direction) -> bool:
        """Whether there is a model whose translation a machine's may be like."""
        return bool(self._peers) and not self._router.route(direction).is_bundled

    def _is_peer(self, comparison: Comparison, direction: Direction) -> bool:
        """Whether our translation is as good as that of the engines that the card is made from."""
        ours = self.instruments.measure(comparison.original, comparison.translations, direction)
        return ours.closeness.get("source_covered_mean", 0.0) >= GOOD_TRANSLATION

    def _unmeasured(self, note: str) -> tuple[Score, Score]:
        return (
            unmeasured(ScoreName.TRANSLATION_OF, self.card.translation_of, note),
            unmeasured(ScoreName.MACHINE_MADE, self.machine_scale, note),
        )

    def _translation_score(self, measured: Measured) -> Score:
        sentences = min(len(measured.original), len(measured.candidate))
        return translation_score(measured.relation, self.card.translation_of, sentences)

    def _machine_score(
        self,
        measured: Measured,
        direction: Direction,
        translation: Score,
        peer: Comparison | None,
    ) -> Score:
        name = ScoreName.MACHINE_MADE
        if len(measured.rendered) < MIN_SENTENCES:
            note = f"fewer than {MIN_SENTENCES} sentences correspond"
            return unmeasured(name, self.machine_scale, note)
        if not translation.is_yes:
            score = machine_score(
                measured.closeness, self.card.machine_made, len(measured.rendered)
            )
            return replace(
                score, note="means little where the candidate doesn't render the original"
            )
        if peer and self.card.machine_made_agreement:
            scale = self.card.machine_made_agreement
            features = agreement(peer.translations, peer.candidate, measured.rendered)
        else:
            # In capitals no word is as likely as in its usual spelling, which is a guess then.
            is_rated = not _in_capitals([target for _, target in measured.texts])
            scale = self.machine_scale if is_rated else self.card.machine_made
            rated = self.instruments.plausibility(measured, direction) if is_rated else {}
            features = measured.closeness | rated
        return machine_score(features, scale, len(measured.rendered))

    def _examine_copy(
        self, candidate: Subject, original: Subject, republication: Score, words: int
    ) -> Detection:
        verdict = decide(
            *self._unmeasured("both articles are in the same language"),
            republication,
            words=words,
            has_original=True,
            copied=copied_share(original.texts, candidate.texts),
        )
        alignment = self.instruments.align(original.measurable, candidate.measurable)
        comparison = Comparison(tuple(original.texts), tuple(candidate.texts), alignment)
        return Detection(
            candidate.article,
            original.article,
            comparison,
            verdict,
            self.signature,
            prior=self.prior,
        )


def _in_capitals(texts: Sequence[str]) -> bool:
    """Whether most of the text is in capitals."""
    return 2 * sum(len(text) for text in texts if is_in_capitals(text)) > sum(map(len, texts))


def _with_translations(comparison: Comparison, route: Route) -> Comparison:
    sources = [html.unescape(text) for text in comparison.original]
    [hypotheses] = interleave([route.translation(sources, InFlight())])
    texts = tuple(hypothesis.text for hypothesis in hypotheses)
    return replace(comparison, translations=texts, signature=route.signature)


def _rater(card: VerdictCard) -> Rater | None:
    """The model that the card's scale wants, if it is here in the same revision."""
    if card.machine_made_engine is None:
        return None
    name, _, _ = card.machine_made_engine.system.partition("@")
    try:
        model = find_installed(name)
        is_same = system_name(model) == card.machine_made_engine.system
        return Rater(model) if is_same else None
    except ModelError as exc:
        _log.warning("machine_made is measured without a model, less surely: %s", exc.message)
        return None
