"""Scores beyond string comparison: round trip, a model's own opinion, COMET, CometKiwi, MetricX.

All but COMET and MetricX need no reference. Each gives the same :class:`Statistics` as a string
metric, so that intervals, p-values, documents and splits work for it, too.

- Round trip: the output is translated back and compared with the source by chrF. Cheap, and known
  to correlate weakly with quality (Somers, Round-Trip Translation: What Is It Good For?, ALTA 2005):
  an output that copies the source does well. A sign of lost content, no ranking of systems.
- Model score: how probable a translation model finds the output, as a mean over segments of the
  log-probability per token. It favours systems that resemble that model.
- COMET, CometKiwi (Rei et al. 2022) and MetricX (Juraska et al. 2024) are learned. They run as
  programs of their own, in an environment of their own: their packages ask for older libraries
  than mtpipe does.

Not for deciding what to translate with: whoever has references should look at those first.
"""

import json
import os
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mtpipe.errors import DependencyMissing, EngineError
from mtpipe.scoring.metrics import Metric, MetricScore, Statistics
from mtpipe.types.choices import MetricName

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class QualityName(StrEnum):
    """The scores, by their names on the command line."""

    ROUND_TRIP = "round-trip"
    MODEL = "model"
    COMET = "comet"
    COMET_KIWI = "cometkiwi"
    METRICX = "metricx"
    METRICX_QE = "metricx-qe"

    @property
    def needs_reference(self) -> bool:
        """Whether it compares with a reference (the first, if there are several)."""
        return self in (QualityName.COMET, QualityName.METRICX)


@dataclass(frozen=True, slots=True)
class MeanScorer:
    """Scores that are means of segment scores.

    Attributes:
        metric: name on the command line.
        name: name in results.
        system: what the segment scores come from, for the signature.
        higher_is_better: whether more is better.
    """

    metric: str
    name: str
    system: str
    higher_is_better: bool = True

    def signature(
        self,
        *,
        bootstrap: int | None = None,
        trials: int | None = None,
        seed: int | None = None,
        per_segment: bool = False,  # noqa: ARG002 - a segment's score is made the same way
    ) -> str:
        """The signature of a figure, written as sacrebleu writes them."""
        samples = {"bs": bootstrap, "ar": trials, "seed": seed}
        parts = [f"{key}:{value}" for key, value in samples.items() if value is not None]
        return "|".join([*parts, self.system])

    def add_up(self, rows: list[list[float]], *, per_segment: bool = False) -> MetricScore:
        """The mean of some segments' scores."""
        value = sum(row[0] for row in rows) / len(rows)
        return MetricScore(self.metric, self.name, value, self.signature(per_segment=per_segment))

    def score_of_sum(self, row: "NDArray[np.floating[Any]]") -> float:
        """The mean, of the sum of scores and the number of segments."""
        return float(row[0] / row[1])

    def statistics(self, scores: Sequence[float]) -> Statistics:
        """The statistics of one system's segment scores."""
        return Statistics(self, [[score, 1.0] for score in scores])


class _RoundTrip(Metric):
    """chrF against the source, under a name of its own."""

    def __init__(self, source: Sequence[str], system: str) -> None:
        super().__init__(MetricName.CHRF, [source])
        self._system = system

    def signature(
        self,
        *,
        bootstrap: int | None = None,
        trials: int | None = None,
        seed: int | None = None,
        per_segment: bool = False,
    ) -> str:
        own = super().signature(
            bootstrap=bootstrap, trials=trials, seed=seed, per_segment=per_segment
        )
        return f"{own}|back:{self._system}"

    def add_up(self, rows: list[list[float]], *, per_segment: bool = False) -> MetricScore:
        score = super().add_up(rows, per_segment=per_segment)
        return MetricScore(
            QualityName.ROUND_TRIP, f"round trip {score.name}", score.value, score.signature
        )


def round_trip(source: Sequence[str], back: Sequence[str], *, system: str) -> Statistics:
    """Compare sources with what an output became when it was translated back.

    Args:
        source: the source segments.
        back: the output, translated back into the source language.
        system: signature of what translated it back.
    """
    return _RoundTrip(source, system).measure(back)


def model_score(log_probs: Sequence[float], *, system: str) -> Statistics:
    """A translation model's opinion of an output.

    Args:
        log_probs: natural log-probability per token of each segment's output, at most 0.
        system: signature of the model.
    """
    return MeanScorer(QualityName.MODEL, "model log-prob", f"model:{system}").statistics(log_probs)


_PROGRAMS = {
    QualityName.COMET: ("MTPIPE_COMET", "comet-score"),
    QualityName.COMET_KIWI: ("MTPIPE_COMET", "comet-score"),
    QualityName.METRICX: ("MTPIPE_METRICX", "metricx24-predict"),
    QualityName.METRICX_QE: ("MTPIPE_METRICX", "metricx24-predict"),
}
_MODELS = {
    QualityName.COMET: "Unbabel/wmt22-comet-da",
    QualityName.COMET_KIWI: "Unbabel/wmt22-cometkiwi-da",
    QualityName.METRICX: "google/metricx-24-hybrid-large-v2p6",
    QualityName.METRICX_QE: "google/metricx-24-hybrid-large-v2p6",
}
_HINTS = {
    "MTPIPE_COMET": "pipx install unbabel-comet, or MTPIPE_COMET=/path/to/comet-score",
    "MTPIPE_METRICX": "in a clone of google-research/metricx with its own environment: "
    "MTPIPE_METRICX='/path/to/python -m metricx24.predict'",
}


def program_of(name: QualityName) -> list[str]:
    """The command of a learned metric: what the environment says, or its usual one.

    Raises:
        DependencyMissing: there is no such program; the hint says how to get it.
    """
    variable, default = _PROGRAMS[name]
    command = shlex.split(os.environ.get(variable, "") or default)
    if not command or shutil.which(command[0]) is None:
        raise DependencyMissing(
            f"{name.value} isn't installed: there is no program {' '.join(command)}",
            hint=_HINTS[variable],
        )
    return command


class LearnedMetric:
    """A learned metric that the user has installed as a program.

    Args:
        name: which one; not ``round-trip`` or ``model``.

    Raises:
        DependencyMissing: the program isn't there; the hint says how to get it.
    """

    def __init__(self, name: QualityName) -> None:
        self._name = name
        self._command = program_of(name)

    def measure(
        self, source: Sequence[str], hypotheses: Sequence[str], reference: Sequence[str] | None
    ) -> Statistics:
        """Score one system's output; takes minutes on a CPU.

        Args:
            source: the source segments.
            hypotheses: the output.
            reference: None for the variants that need none.

        Raises:
            EngineError: the program failed.
        """
        comet = self._name in (QualityName.COMET, QualityName.COMET_KIWI)
        with tempfile.TemporaryDirectory(prefix="mtpipe-score-") as folder:
            run = self._comet if comet else self._metricx
            scores = run(Path(folder), source, hypotheses, reference)
        if len(scores) != len(hypotheses):
            raise _wrong_number(self._command, scores, hypotheses)
        names = {QualityName.COMET: "COMET", QualityName.COMET_KIWI: "CometKiwi"}
        return MeanScorer(
            self._name,
            names.get(self._name, "MetricX" if reference is not None else "MetricX-QE"),
            f"model:{_MODELS[self._name]}",
            higher_is_better=comet,  # MetricX counts errors, 0 to 25
        ).statistics(scores)

    def _comet(
        self,
        folder: Path,
        source: Sequence[str],
        hypotheses: Sequence[str],
        reference: Sequence[str] | None,
    ) -> list[float]:
        files = {"source": source, "target": hypotheses}
        if reference:
            files["reference"] = reference
        return _comet_scores(self._command, _MODELS[self._name], folder, files)

    def _metricx(
        self,
        folder: Path,
        source: Sequence[str],
        hypotheses: Sequence[str],
        reference: Sequence[str] | None,
    ) -> list[float]:
        path, result = folder / "in.jsonl", folder / "out.jsonl"
        records = [
            {"source": one, "hypothesis": other, "reference": third}
            for one, other, third in zip(
                source, hypotheses, reference or [""] * len(source), strict=True
            )
        ]
        _write(path, "".join(json.dumps(record) + "\n" for record in records))
        _run(
            self._command,
            [
                *("--tokenizer", "google/mt5-large", "--model_name_or_path", _MODELS[self._name]),
                *("--max_input_length", "1536", "--batch_size", "1"),
                *("--input_file", str(path), "--output_file", str(result)),
                *([] if reference else ["--qe"]),
            ],
        )
        return _read_scores(
            self._command,
            result,
            lambda text: [json.loads(line) for line in text.splitlines()],
            "prediction",
        )


def comet_scores(
    command: Sequence[str], model: str, source: Sequence[str], hypotheses: Sequence[str]
) -> list[float]:
    """COMET's estimates without a reference.

    Args:
        command: from :func:`program_of`.
        model: a checkpoint's path, or a name that COMET downloads by.
        source: the source segments.
        hypotheses: their translations.

    Returns:
        One value per segment, about 0 to 1.

    Raises:
        EngineError: the program failed.
    """
    with tempfile.TemporaryDirectory(prefix="mtpipe-score-") as folder:
        files = {"source": source, "target": hypotheses}
        scores = _comet_scores(command, model, Path(folder), files)
    if len(scores) != len(hypotheses):
        raise _wrong_number(command, scores, hypotheses)
    return scores


def _comet_scores(
    command: Sequence[str], model: str, folder: Path, files: Mapping[str, Sequence[str]]
) -> list[float]:
    """What COMET says of some files, by their roles; its options begin with the same letters."""
    arguments = ["--model", model, "--gpus", "0", "--quiet"]
    for role, lines in files.items():
        path = folder / f"{role}.txt"
        _write(path, "".join(f"{' '.join(line.splitlines())}\n" for line in lines))
        arguments += [f"-{role[0]}", str(path)]
    result = folder / "scores.json"
    _run(command, [*arguments, "--to_json", str(result)])
    return _read_scores(
        command, result, lambda text: next(iter(json.loads(text).values())), "COMET"
    )


def _run(command: Sequence[str], arguments: Sequence[str]) -> None:
    # The user's own program with arguments of ours; no shell in between.
    done = subprocess.run(  # noqa: S603
        [*command, *arguments], capture_output=True, text=True, errors="replace", check=False
    )
    if done.returncode:
        last = (done.stderr or done.stdout).strip().splitlines()[-1:]
        raise EngineError(f"{command[0]} failed: {' '.join(last) or done.returncode}")


def _read_scores(command: Sequence[str], path: Path, parse: Any, key: str) -> list[float]:
    try:
        return [float(record[key]) for record in parse(path.read_text(encoding="utf-8"))]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, StopIteration) as exc:
        raise EngineError(f"{command[0]} wrote no scores: {exc!r}") from exc


def _wrong_number(
    command: Sequence[str], scores: Sequence[float], hypotheses: Sequence[str]
) -> EngineError:
    return EngineError(f"{command[0]} gave {len(scores)} scores for {len(hypotheses)} segments")


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", errors="replace")
