"""Scores that need a translation model: the way back, and the model's own opinion."""

from collections.abc import Sequence

from mtpipe.scoring.metrics import Statistics
from mtpipe.scoring.quality import QualityName, model_score, round_trip
from mtpipe.types import Direction


def score_by_model(
    metric: QualityName,
    source: Sequence[str],
    hypotheses: Sequence[str],
    direction: Direction,
    model: str,
) -> Statistics:
    """Score one system's output by a translation model.

    Args:
        metric: ``round-trip`` or ``model``.
        source: the source segments.
        hypotheses: the output.
        direction: of the translation.
        model: a name, a folder, or ``auto``.

    Raises:
        ModelNotFound, UnsupportedDirection, ModelCorrupt: there is no such model.
    """
    score = _round_trip if metric is QualityName.ROUND_TRIP else _model_score
    return score(source, hypotheses, direction, model)


def _round_trip(
    source: Sequence[str], hypotheses: Sequence[str], direction: Direction, model: str
) -> Statistics:
    from mtpipe.pipeline.systems.choosing import choose_model  # noqa: PLC0415
    from mtpipe.pipeline.systems.loading import load_system  # noqa: PLC0415 - loads engines

    back = Direction(direction.target, direction.source)
    system = load_system(choose_model(model, back))
    texts = [hypothesis.text for hypothesis in system.translate(hypotheses, back)]
    return round_trip(source, texts, system=f"{back}|{system.signature}")


def _model_score(
    source: Sequence[str], hypotheses: Sequence[str], direction: Direction, model: str
) -> Statistics:
    from mtpipe.pipeline.systems.choosing import choose_model  # noqa: PLC0415
    from mtpipe.pipeline.systems.loading import load_rater  # noqa: PLC0415 - loads engines

    rate, signature = load_rater(choose_model(model, direction), direction)
    return model_score(rate(source, hypotheses), system=f"{direction}|{signature}")
