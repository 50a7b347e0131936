"""Manifests come to the right sums, whatever their number and order."""

import math
import random
import tracemalloc

import pytest

from mtpipe.errors import ConfigError
from mtpipe.scale.figures import LISTED_SITES, SLOWEST, Tally, kind_of
from mtpipe.scale.manifest import Manifest
from mtpipe.types import Failure
from mtpipe.types.scale import Cluster, ScaleFigures, Tallied


def manifest(number: int, **changed: object) -> Manifest:
    """Of a shard of 100 rows that took 4 seconds."""
    values: dict[str, object] = {
        "shard": f"in-12345678-{number:05d}",
        "source": "in.jsonl",
        "number": number,
        "first": 100 * number,
        "rows": 100,
        "input_sha256": "a",
        "signature": "s",
        "output": "x",
        "output_rows": 98,
        "output_bytes": 1000,
        "output_sha256": "b",
        "worker": f"node/{number % 2}",
        "seconds": 4.0,
        "cpu_seconds": 3.0,
        "peak_bytes": 10 + number,
    }
    return Manifest(**(values | changed))


def figures_of(tally: Tally, **changed: object) -> ScaleFigures:
    values: dict[str, object] = {"task": "translate", "output": "out", "seconds": 10.0}
    return tally.figures(**(values | {"setup_s": 2.0, "workers": 2} | changed))


def test_sums_speed_and_utilisation() -> None:
    tally = Tally()
    for number in range(4):
        tally.add(manifest(number))
    figures = figures_of(tally)
    assert (figures.shards, figures.rows, figures.output_rows) == (4, 400, 392)
    assert figures.output_bytes == 4000
    assert figures.rows_per_s == 40  # 400 rows in 10 seconds
    assert figures.rows_per_worker_s == 25  # 400 rows in 16 seconds of work
    assert figures.utilisation == pytest.approx(0.8)  # 16 of 20 seconds
    assert [(w.name, w.shards, w.busy_s, w.peak_bytes) for w in figures.by_worker] == [
        ("node/0", 2, 8.0, 12),
        ("node/1", 2, 8.0, 13),
    ]
    assert figures.machines == 1


def test_a_million_articles_at_stated_prices() -> None:
    tally = Tally()
    tally.add(manifest(0, worker="a/1"))
    tally.add(manifest(1, worker="b/1"))
    figures = figures_of(tally, prices=[0.5, 3])
    assert figures.million_hours == pytest.approx(1e6 / 20 / 3600)
    assert figures.million_machine_hours == pytest.approx(2 * 1e6 / 20 / 3600)
    assert [cost.total for cost in figures.costs] == pytest.approx([13.8889, 83.3333], rel=1e-5)
    assert figures_of(tally).costs == ()  # no price is invented


@pytest.mark.parametrize("price", [math.nan, math.inf, -1.0, 1e308], ids=str)
def test_a_price_that_is_none_is_refused(price: float) -> None:
    tally = Tally()
    tally.add(manifest(0))  # a million rows take 28 hours
    with pytest.raises(ConfigError, match="a price per hour"):
        figures_of(tally, prices=[0.5, price])
    with pytest.raises(ConfigError, match="a price per hour"):
        figures_of(Tally(), prices=[min(price, -price)])


def test_shards_of_earlier_runs_count_but_not_for_the_speed_of_this_one() -> None:
    tally = Tally()
    tally.add(manifest(0, seconds=100.0), is_new=False)
    tally.add(manifest(1))
    figures = figures_of(tally)
    assert (figures.rows, figures.rows_now, figures.shards_before) == (200, 100, 1)
    assert figures.rows_per_s == 10
    assert figures.utilisation == pytest.approx(0.2)
    assert [each.name for each in figures.by_worker] == ["node/1"]
    assert figures.slowest[0].seconds == 100


def test_a_run_with_nothing_to_do_states_no_speed() -> None:
    tally = Tally()
    tally.add(manifest(0), is_new=False)
    figures = figures_of(tally, prices=[1.0])
    assert figures.rows_per_s is None
    assert figures.utilisation is None
    assert figures.million_hours is None
    assert figures.costs == ()
    assert figures.million_worker_hours == pytest.approx(1e6 / 25 / 3600)
    empty = figures_of(Tally())
    assert (empty.rows, empty.rows_per_worker_s, empty.by_worker) == (0, None, ())


def test_the_slowest_shards_come_first_whatever_the_order() -> None:
    seconds = [float(number) for number in range(50)]
    random.Random(1).shuffle(seconds)
    tally = Tally()
    for number, each in enumerate(seconds):
        tally.add(manifest(number, seconds=each))
    found = [shard.seconds for shard in figures_of(tally).slowest]
    assert found == [49 - float(number) for number in range(SLOWEST)]
    assert figures_of(tally).slowest[0].times_mean == 2  # on average, a shard took 24.5 seconds


def test_an_earlier_phase_counts_for_speed_and_not_for_what_shards_took() -> None:
    earlier, tally = Tally(), Tally()
    earlier.add(manifest(0, seconds=6.0))
    tally.add(manifest(0))
    tally.add_phase(earlier)
    figures = figures_of(tally)
    assert (figures.rows, figures.busy_s) == (100, 10.0)
    assert figures.slowest[0].times_mean == 1


def test_equally_slow_shards_of_the_same_name_are_no_problem() -> None:
    tally = Tally()
    for _ in range(30):
        tally.add(manifest(0))
    assert len(figures_of(tally).slowest) == SLOWEST


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ("in.jsonl#17: no title", "…: no title"),
        ("more than 25,000 elements, namely 31.5", "more than N elements, namely N"),
        ("https://example.org/a?b=1 isn't there", "… isn't there"),
        ("can't read 'a b.html'\nat all", "can't read … at all"),
        ("no name in /data/7/x.html", "no name in …"),
        ("e" * 5000, "e" * 200),
    ],
)
def test_failures_of_a_kind(error: str, kind: str) -> None:
    assert kind_of(error, "in.jsonl#17") == kind


def test_failures_by_kind_with_an_example_of_each() -> None:
    tally = Tally()
    some = tuple(Failure(f"a#{n}", "read", f"a#{n}: broken at {n}") for n in range(3))
    tally.add(manifest(0, failures=(*some, Failure("b", "language", "is Italian"))))
    tally.add_failure(Failure("c", "read", "not found"))
    figures = figures_of(tally)
    assert figures.failures == 5
    assert [(k.stage, k.error, k.count, k.example) for k in figures.failure_kinds] == [
        ("read", "…: broken at N", 3, "a#0"),
        ("language", "is Italian", 1, "b"),
        ("read", "not found", 1, "c"),
    ]


def test_counts_by_site_and_language() -> None:
    tally = Tally()
    counts = {"totals": {"sentences": 7}, "verdicts": {"copy": 2, "related": 1}}
    sites = {"a.example|copy": 1, "b|c.example|copy": 1, "a.example|related": 1}
    for number in range(2):
        some = counts | {"sites": sites, "languages": {"de": 2, "fr": 1}}
        tally.add(manifest(number, counts=some))
    figures = figures_of(tally)
    assert figures.totals == {"sentences": 14}
    assert figures.verdicts == {"copy": 4, "related": 2}
    assert figures.sites == (
        Tallied("a.example", {"copy": 2, "related": 2}),
        Tallied("b|c.example", {"copy": 2}),
    )
    assert figures.languages == (Tallied("de", {"": 4}), Tallied("fr", {"": 2}))


def test_more_sites_than_are_listed_are_counted() -> None:
    tally = Tally()
    sites = {f"s{number}.example|copy": 1000 - number for number in range(200)}
    tally.add(manifest(0, counts={"sites": sites}))
    figures = figures_of(tally)
    assert len(figures.sites) == LISTED_SITES
    assert sum(site.total for site in figures.sites) + figures.sites_left_out == sum(sites.values())


def test_clusters() -> None:
    tally = Tally()
    assert figures_of(tally).clusters is None
    tally.add_clusters([])
    assert figures_of(tally).clusters == 0
    tally.add_clusters(Cluster(f"r{size}", size) for size in (2, 30, 4))
    figures = figures_of(tally)
    assert (figures.clusters, figures.duplicates) == (3, 33)
    assert [cluster.members for cluster in figures.largest] == [30, 4, 2]


def test_memory_is_bounded_whatever_comes() -> None:
    # Each manifest has sites, messages and workers that nobody has seen before.
    tally = Tally(most_names=100)
    peaks = []
    tracemalloc.start()
    for number in range(4000):
        failure = Failure(f"id{number}", "read", f"{chr(0x4E00 + number)} is a message of its own")
        sites = {f"site{number}-{k}.example|copy": 1 for k in range(5)}
        own = {"failures": (failure,), "counts": {"sites": sites}, "worker": f"n{number}/1"}
        tally.add(manifest(number, signature=f"s{number}", **own))
        tally.add_clusters([Cluster(f"r{number}", 2 + number % 7)])
        if number in (1000, 3999):
            peaks.append(tracemalloc.get_traced_memory()[0])
    tracemalloc.stop()
    assert peaks[1] < 1.2 * peaks[0]
    figures = figures_of(tally)
    assert (figures.failures, figures.clusters) == (4000, 4000)
    assert sum(kind.count for kind in figures.failure_kinds) == 4000
    assert sum(site.total for site in figures.sites) + figures.sites_left_out == 20_000
    assert sum(worker.rows for worker in figures.by_worker) == 400_000
