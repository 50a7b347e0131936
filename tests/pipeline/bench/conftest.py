"""Benchmarks in this process: a stand-in for the measuring process, and a small test set."""

from pathlib import Path
from typing import ClassVar

import pytest

from mtpipe.errors import ModelCorrupt
from mtpipe.pipeline.bench import quality_run, speed
from mtpipe.pipeline.bench.contenders import Options
from mtpipe.pipeline.bench.plan import Plan, with_defaults
from mtpipe.pipeline.bench.publish import publish
from mtpipe.pipeline.bench.run import measure
from mtpipe.pipeline.bench.speed import SpeedPlan

SOURCES = [f"Das ist der Satz Nummer {n}." for n in range(8)]
REFERENCES = [f"This is sentence number {n}." for n in range(8)]


class FakeWorker:
    """Answers at once; precision and beam decide how good and how fast it claims to be.

    Attributes:
        log: orders of all workers as ``(order, precision, beam)``.
        dies_after: number of orders after which the machine is switched off.
        broken: precisions that can't be loaded.
    """

    log: ClassVar[list[tuple[str, str, int]]] = []
    dies_after: ClassVar[int | None] = None
    broken: ClassVar[set[str]] = set()

    def __init__(self) -> None:
        self._specification = {"precision": "", "beam": 0}

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass

    def call(self, order, **arguments):
        cls = type(self)
        self._specification = arguments.get("specification", self._specification)
        precision, beam = self._specification["precision"], self._specification["beam"]
        cls.log.append((order, precision, beam))
        if cls.dies_after is not None and len(cls.log) > cls.dies_after:
            raise KeyboardInterrupt
        if precision in cls.broken:
            raise ModelCorrupt("it is broken")
        if order == "prepare":
            return {"size_bytes": 1_000_000 * beam}
        if order == "load":
            return {"seconds": 0.5, "signature": f"fake|{precision}|beam:{beam}"}
        if order == "run":
            good = min(len(REFERENCES), 2 * beam)
            lines = arguments["data"]["lines"]
            texts = [*REFERENCES[:good], *(["wrong wrong"] * len(REFERENCES))][: len(lines)]
            return {"output": [[text, ["length"] if "wrong" in text else []] for text in texts]}
        if order == "time":
            return {"seconds": 0.1 * beam, "latencies": [0.01 * beam, 0.03 * beam]}
        return {"bytes": 10_000_000 * beam}


@pytest.fixture
def worker(monkeypatch):
    FakeWorker.log = []
    FakeWorker.dies_after = None
    FakeWorker.broken = set()
    monkeypatch.setattr(quality_run, "Worker", FakeWorker)
    monkeypatch.setattr(speed, "Worker", FakeWorker)
    # Charts have tests of their own.
    monkeypatch.setattr("mtpipe.report.charts.are_available", lambda: False)
    return FakeWorker


@pytest.fixture
def testset(tmp_path: Path) -> Path:
    path = tmp_path / "news.de-en.tsv"
    rows = zip(SOURCES, REFERENCES, strict=True)
    path.write_text("".join(f"{source}\t{reference}\n" for source, reference in rows))
    return path


@pytest.fixture
def plan(testset):
    """Make a plan for beams and precisions of the starter."""

    def make(*beams, precisions=("int8",), **more):
        options = Options(beams=beams, precisions=precisions, device="cpu", threads=1)
        speed_plan = more.pop("speed", SpeedPlan(lines=4, singles=2, rounds=2))
        return with_defaults(
            Plan(
                models=["starter"],
                testsets=[str(testset)],
                options=options,
                speed=speed_plan,
                **more,
            )
        )

    return make


@pytest.fixture
def reports(plan, worker, tmp_path):
    """Two reports: beam 4 gets everything right, beam 1 little of it at four times the speed."""

    def make(*beams):
        out = tmp_path / "-".join(map(str, beams))
        publish(measure(plan(*beams), out), out)
        return out / "report.json"

    return make
