"""The card of the verdict: how features become probabilities, and from where on that is a yes.

Everything that was learnt from labelled articles stands in one TOML file
(``models/verdict/card.toml``), made by :mod:`mtpipe.pipeline.detect.calibration`.
"""

import hashlib
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mtpipe.detection.features import Features
from mtpipe.detection.support import LikelihoodScale, at_sentences
from mtpipe.errors import ConfigError, UnsupportedDirection
from mtpipe.types import Direction, LikelihoodRatio, Support, SupportRate


@dataclass(frozen=True, slots=True)
class Weight:
    """What one feature adds to the log-odds: ``weight * (value - center) / scale``.

    Attributes:
        weight: log-odds a standard deviation.
        center: mean in the calibration data.
        scale: standard deviation there.
        typical: means among the innocent and among the others there, for people.
    """

    weight: float
    center: float
    scale: float
    typical: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Scale:
    """A logistic regression with its threshold.

    Attributes:
        intercept: log-odds where all the features are at their centers.
        weights: by feature.
        damping: numbers of sentences, ascending, and what the log-odds are multiplied by for
            an article of so many; between them it is interpolated.
        threshold: probability from which on the answer is yes.
        false_positive_rate: share of innocent articles at or above it, in cross-validation.
        system: the translation model whose expectations are among the features; empty if none
            are.
        true_positive_rate: share of the others at or above the threshold, likewise; of several
            engines that they were compared with, with the worst. None in cards of older versions.
        likelihood: what likelihood ratios can be backed; None in cards of older versions.
    """

    intercept: float
    weights: Mapping[str, Weight]
    damping: tuple[tuple[int, float], ...]
    threshold: float
    false_positive_rate: float
    system: str = ""
    true_positive_rate: float | None = None
    likelihood: LikelihoodScale | None = None

    def contributions(self, features: Features, sentences: int) -> dict[str, float]:
        """Log-odds that each feature adds, damped for short articles.

        Raises:
            ConfigError: the card wants a feature that isn't measured.
        """
        if missing := self.weights.keys() - features.keys():
            raise ConfigError(
                f"the card of the verdict wants {min(missing)}, which this version doesn't measure",
                hint="make one anew: mtpipe detect --calibrate LABELLED.jsonl -o card.toml",
            )
        factor = at_sentences(self.damping, sentences)
        return {
            name: factor * weight.weight * (features[name] - weight.center) / weight.scale
            for name, weight in self.weights.items()
        }

    def probability(self, features: Features, sentences: int) -> float:
        """Probability of a yes, 0..1: what the likelihood ratio makes of the base rate.

        In cards of older versions it has no bounds.
        """
        ratio = self.likelihood_ratio(features, sentences)
        if ratio is not None and self.likelihood is not None:
            return ratio.posterior(self.likelihood.base_rate)
        log_odds = self._log_ratio(features, sentences)
        return 1 / (1 + math.exp(-max(-50.0, min(50.0, log_odds))))

    def likelihood_ratio(self, features: Features, sentences: int) -> LikelihoodRatio | None:
        """What the features support, without a share of yes presumed; None in older cards."""
        if self.likelihood is None:
            return None
        return self.likelihood.ratio(self._log_ratio(features, sentences), sentences)

    @property
    def _prior(self) -> float:
        """Log-odds of the share of yes that is presumed; 0 in older cards, which damp it as well."""
        return self.likelihood.prior_log_odds if self.likelihood else 0.0

    def _log_ratio(self, features: Features, sentences: int) -> float:
        """Log-odds without those presumed, damped for short articles."""
        factor = at_sentences(self.damping, sentences)
        added = sum(self.contributions(features, sentences).values())
        return factor * (self.intercept - self._prior) + added


@dataclass(frozen=True, slots=True)
class VerdictCard:
    """All that the two scores against an original are decided by.

    Attributes:
        translation_of: does the candidate render the original?
        machine_made: was it a machine?
        machine_made_engine: the same, with a translation model's expectations at hand.
        machine_made_agreement: the same, from a good translation of the original alone.
        directions: of the labelled articles; empty in cards of older versions.
        sha256: of the file.
    """

    translation_of: Scale
    machine_made: Scale
    machine_made_engine: Scale | None
    machine_made_agreement: Scale | None
    directions: frozenset[Direction]
    sha256: str


def read_card(path: Path) -> VerdictCard:
    """Read a card.

    Raises:
        ConfigError: it can't be read, or something is missing or of the wrong type.
    """
    try:
        data = path.read_bytes()
        table = tomllib.loads(data.decode())
        engine, agreement = (
            _scale(table[name]) if name in table else None
            for name in ("machine_made_engine", "machine_made_agreement")
        )
        return VerdictCard(
            _scale(table["translation_of"]),
            _scale(table["machine_made"]),
            engine,
            agreement,
            frozenset(map(Direction.parse, table.get("calibrated_on", ()))),
            hashlib.sha256(data).hexdigest(),
        )
    except (
        OSError,
        ValueError,
        TypeError,
        AttributeError,
        LookupError,
        OverflowError,
        RecursionError,
        UnsupportedDirection,
    ) as exc:
        raise ConfigError(
            f"{path} is no card of a verdict: {exc}",
            hint="make one with: mtpipe detect --calibrate LABELLED.jsonl -o card.toml",
        ) from exc


def scale_table(scale: Scale) -> dict[str, Any]:
    """A scale as a TOML table, to be read back by :func:`read_card`."""
    return {
        "intercept": _short(scale.intercept),
        "threshold": _short(scale.threshold),
        "false_positive_rate": _short(scale.false_positive_rate),
        **(
            {"true_positive_rate": _short(scale.true_positive_rate)}
            if scale.true_positive_rate is not None
            else {}
        ),
        "system": scale.system,
        **({"likelihood": _likelihood_table(scale.likelihood)} if scale.likelihood else {}),
        "damping": [[count, _short(factor)] for count, factor in scale.damping],
        "features": {
            name: {
                "weight": _short(weight.weight),
                "center": _short(weight.center),
                "scale": _short(weight.scale),
                "typical": [_short(value) for value in weight.typical],
            }
            for name, weight in scale.weights.items()
        },
    }


def _scale(table: dict[str, Any]) -> Scale:
    weights = {
        name: Weight(
            float(entry["weight"]),
            float(entry["center"]),
            float(entry["scale"]),
            (float(entry["typical"][0]), float(entry["typical"][1])),
        )
        for name, entry in table["features"].items()
    }
    damping = tuple((int(count), float(factor)) for count, factor in table["damping"])
    if not damping or any(weight.scale <= 0 for weight in weights.values()):
        raise ValueError("a scale that isn't positive, or no damping")
    numbers = [number for weight in weights.values() for number in (weight.weight, weight.center)]
    if not all(map(math.isfinite, [*numbers, *(factor for _, factor in damping)])):
        raise ValueError("a number that isn't finite")
    return Scale(
        float(table["intercept"]),
        weights,
        damping,
        float(table["threshold"]),
        float(table["false_positive_rate"]),
        str(table.get("system", "")),
        float(found) if (found := table.get("true_positive_rate")) is not None else None,
        _likelihood(table["likelihood"]) if "likelihood" in table else None,
    )


def _likelihood_table(likelihood: LikelihoodScale) -> dict[str, Any]:
    return {
        "base_rate": likelihood.base_rate,
        "bounds": [[count, _short(low), _short(high)] for count, low, high in likelihood.bounds],
        "innocents": likelihood.innocents,
        "measured_on": likelihood.measured_on,
        "rates": {
            rate.support.value: [_short(rate.innocents), _short(rate.others)]
            for rate in likelihood.rates
        },
    }


def _likelihood(table: dict[str, Any]) -> LikelihoodScale:
    base_rate = float(table["base_rate"])
    if not 0 < base_rate < 1:
        raise ValueError("a base rate that isn't between 0 and 1")
    bounds = tuple((int(count), float(low), float(high)) for count, low, high in table["bounds"])
    if not bounds or not all(
        count > 0 and -math.inf < low <= 0 <= high < math.inf for count, low, high in bounds
    ):
        raise ValueError("no bounds of a likelihood ratio, or some that exclude 1")
    rates = tuple(
        SupportRate(Support(word), float(innocents), float(others))
        for word, (innocents, others) in table["rates"].items()
    )
    measured_on = str(table["measured_on"])
    return LikelihoodScale(base_rate, bounds, rates, int(table["innocents"]), measured_on)


def _short(value: float) -> float:
    return float(f"{value:.6g}")
