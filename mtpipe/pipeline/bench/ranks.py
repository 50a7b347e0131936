"""Which systems a test can't separate, direction by direction; tests are kept like measurements."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mtpipe.pipeline.bench.contenders import Contender
from mtpipe.pipeline.bench.plan import place_of
from mtpipe.pipeline.bench.store import Store, sealed
from mtpipe.pipeline.bench.units import TestSet, Unit
from mtpipe.records import Record

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

from mtpipe.scoring.metrics import Statistics
from mtpipe.types.choices import MetricName

METHOD = "centred"
"""Of :class:`mtpipe.scoring.significance.PairedMethod`, which isn't imported on the way to --help."""

Ranks = Mapping[str, int]
"""Ranks of clusters by configurations' keys."""


class Tests:
    """Paired bootstrap tests of all contenders, by the leading metric.

    They are two-sided and centred, not sacrebleu's: what is wanted is the right share of false
    alarms, not a number to compare with others'. Among the proper tests it was chosen before
    approximate randomisation since the resamples are drawn once a system, not once a pair.

    Args:
        store: has the counts, and the tests of earlier runs.
    """

    __test__ = False

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known = store.significance()
        self._is_new = False
        self.signature = ""

    def ranks(
        self,
        metrics: "Sequence[MetricName]",
        chosen: Sequence[Contender],
        each: TestSet,
        unit: Unit,
    ) -> Ranks | None:
        """Rank contenders on a direction; None where counts are missing or there is no metric."""
        if not metrics:
            return None
        places = {c.configuration.key: place_of(c, each, unit) for c in chosen}
        keys = sorted(places)
        # What was measured again may be another translation, and then its figures are others.
        figures = [(self._store.quality(places[key]) or {}).get("figures") for key in keys]
        parts = json.dumps([METHOD, each.name, unit.sha256, metrics[0].value, keys, figures])
        name = hashlib.sha256(parts.encode()).hexdigest()[:16]
        if name not in self._known:
            counts = {key: self._store.counts(places[key], metrics[0].value) for key in keys}
            if any(rows is None for rows in counts.values()):
                return None
            tested = _tested(metrics[0], counts)
            record = {"set": each.name, "direction": unit.name, **tested}
            self._known[name] = sealed(record)
            self._is_new = True
        self.signature = self._known[name]["signature"]
        return {
            key: cluster["rank"]
            for cluster in self._known[name]["clusters"]
            for key in cluster["systems"]
        }

    def save(self) -> None:
        """Keep new tests."""
        if self._is_new:
            text = json.dumps(self._known, ensure_ascii=False, indent=1)
            self._store.write(self._store.significance_path, text + "\n")


def statistics_of(metric: "MetricName", rows: "NDArray[np.float32]") -> "Statistics":
    """Counts that were kept, as statistics that can be tested; references aren't needed for it."""
    from mtpipe.scoring.metrics import Metric, Statistics  # noqa: PLC0415

    return Statistics(Metric(metric, [[""] * len(rows)]), rows.tolist())


def _tested(metric: "MetricName", counts: Mapping[str, Any]) -> Record:
    from mtpipe.scoring.significance import ALPHA, PairedMethod, compare  # noqa: PLC0415

    systems = {key: statistics_of(metric, rows) for key, rows in counts.items()}
    result = compare(systems, PairedMethod(METHOD))
    return {
        "signature": f"paired bootstrap, centred, on {metric.value}|bs:{result.samples}|seed:{result.seed}|"
        f"p<{ALPHA}",
        "pairs": [
            [pair.first, pair.second, round(pair.difference, 4), round(pair.p_value, 5)]
            for pair in result.pairs
        ],
        "clusters": [
            {"rank": cluster.rank, "systems": list(cluster.systems)} for cluster in result.clusters
        ],
    }
