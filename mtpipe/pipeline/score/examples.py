"""Segments to look at: where two systems differ most, or one is furthest from the reference."""

from collections.abc import Mapping

from mtpipe.pipeline.score.material import Material
from mtpipe.report.scores import ComparedSegment, SegmentComparison
from mtpipe.scoring.metrics import Statistics


def compare_segments(
    material: Material,
    measured: Mapping[str, Statistics],
    *,
    examples: int,
    between: tuple[str, str] | None = None,
) -> SegmentComparison:
    """The segments on which two systems differ most; of a single system, its worst.

    Args:
        material: that was scored.
        measured: statistics of every system by the metric that orders the segments.
        examples: most segments of each side.
        between: the two systems; the first two if None.
    """
    names = list(material.systems)
    sign = 1.0 if next(iter(measured.values())).metric.higher_is_better else -1.0
    metric = next(iter(measured.values())).score.name
    if len(names) == 1:
        [only] = names
        scores = [score.value for score in measured[only].segment_scores]
        compared_with = "reference" if material.references else "source"
        reference = material.references[0] if material.references else material.source or ()
        worst = sorted(range(len(scores)), key=lambda i: sign * scores[i])
        differing = [i for i in worst if reference[i] != material.systems[only][i]]
        shown = tuple(
            _segment(material, i, (reference[i], material.systems[only][i]), (None, scores[i]))
            for i in differing[:examples]
        )
        return SegmentComparison(compared_with, only, metric, shown, (), len(differing))
    first, second = between or (names[0], names[1])
    one, other = ([s.value for s in measured[name].segment_scores] for name in (first, second))
    texts = material.systems[first], material.systems[second]
    gains = [sign * (a - b) for a, b in zip(one, other, strict=True)]

    def examples_of(order: float) -> tuple[ComparedSegment, ...]:
        numbers = sorted(range(len(gains)), key=lambda i: -order * gains[i])[:examples]
        return tuple(
            _segment(material, i, (texts[0][i], texts[1][i]), (one[i], other[i]))
            for i in numbers
            if order * gains[i] > 0
        )

    return SegmentComparison(
        first,
        second,
        metric,
        examples_of(1.0),
        examples_of(-1.0),
        sum(a != b for a, b in zip(*texts, strict=True)),
    )


def _segment(
    material: Material, i: int, texts: tuple[str, str], scores: tuple[float | None, float]
) -> ComparedSegment:
    shown = scores[0] is None
    return ComparedSegment(
        number=i + 1,
        label=material.labels["document"][i] if "document" in material.labels else "",
        source=material.source[i] if material.source else "",
        references=tuple(r[i] for r in material.references[1 if shown else 0 :]),
        first=texts[0],
        second=texts[1],
        scores=scores,
    )
