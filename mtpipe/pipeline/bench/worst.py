"""The worst segments, from the translations that a run left."""

from mtpipe.pipeline.bench.plan import Measured, place_of
from mtpipe.pipeline.bench.quality import metrics_of
from mtpipe.pipeline.bench.store import Store
from mtpipe.pipeline.bench.units import TestSet
from mtpipe.types.benchmark import WorstSegment


def worst_segments(
    state: Measured, store: Store, each: TestSet, count: int
) -> tuple[WorstSegment, ...]:
    """The segments with the lowest score by the leading metric, of each contender and direction.

    Translations that aren't there (results of others, say) are passed over.
    """
    found = []
    for unit in each.units:
        metric = next(iter(metrics_of(unit, state.plan.metrics[:1])), None)
        for contender in state.chosen:
            texts = store.outputs(place_of(contender, each, unit))
            if metric is None or len(texts) != len(unit.sources):
                continue
            scores = [score.value for score in metric.measure(texts).segment_scores]
            if not metric.name.higher_is_better:
                scores = [-score for score in scores]
            for place in sorted(range(len(scores)), key=lambda place: scores[place])[:count]:
                reference = next((side[place] for side in unit.targets if side[place]), "") or ""
                found.append(
                    WorstSegment(
                        unit.name,
                        contender.configuration.label,
                        abs(scores[place]),
                        unit.sources[place],
                        texts[place],
                        reference,
                    )
                )
    return tuple(found)
