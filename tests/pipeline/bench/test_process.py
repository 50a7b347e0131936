"""The measuring process and its two ends."""

import io
import json

import pytest

from mtpipe.errors import EngineError, ModelNotFound, MtpipeError
from mtpipe.pipeline.bench import worker
from mtpipe.pipeline.bench.process import Worker


class Upper:
    """A subject that turns text into capitals."""

    signature = "upper:1"

    def __init__(self, specification):
        self.calls = specification.get("calls", [])

    def read(self, data):
        return data

    def work(self, given):
        self.calls.append(given)
        return given.upper()

    def write(self, given, result):
        return result


def answers(monkeypatch, *orders):
    monkeypatch.setitem(worker._SUBJECTS, "translate", Upper)
    out = io.StringIO()
    worker.serve([json.dumps(order) for order in orders], out)
    return [json.loads(line) for line in out.getvalue().splitlines()]


LOAD = {"do": "load", "task": "translate", "specification": {}}


def test_load_and_run(monkeypatch):
    loaded, ran = answers(monkeypatch, LOAD, {"do": "run", "data": "abc"})
    assert loaded["signature"] == "upper:1"
    assert loaded["seconds"] > 0
    assert ran == {"output": "ABC"}


def test_what_is_timed(monkeypatch):
    """The warm-up isn't, the whole is once, and each single is."""
    ticks = iter(range(100))
    monkeypatch.setattr(worker.time, "perf_counter", lambda: next(ticks))
    calls = []
    monkeypatch.setitem(worker._SUBJECTS, "translate", lambda _: Upper({"calls": calls}))
    bench = worker.Bench()
    bench.load("translate", {})
    assert bench.time("all", "warm", ["a", "b"]) == {"seconds": 1, "latencies": [1, 1]}
    assert calls == ["warm", "all", "a", "b"]


def test_an_order_before_loading_is_an_error(monkeypatch):
    [answer] = answers(monkeypatch, {"do": "run", "data": ""})
    assert answer["error"] == "MtpipeError"


def test_a_detector_may_be_a_generator_and_must_answer_for_each_pair():
    detection = worker.Detection({"model": f"{__name__}:half", "signature": "s"})
    given = detection.read([["de-en", ["a"], ["b"]]])
    assert detection.write(given, detection.work(given)) == [0.5]
    with pytest.raises(MtpipeError, match="1 probabilities came for 2"):
        detection.write([*given, *given], [0.5])


def half(pairs):
    yield from (0.5 for _ in pairs)


def test_errors_come_through_with_their_class_and_hint():
    with Worker() as process, pytest.raises(ModelNotFound) as error:
        process.call("prepare", specification={"model": "startr", "engine": "ctranslate2"})
    assert error.value.hint == "did you mean starter?"


def test_a_process_that_dies_says_its_last_words():
    with Worker() as process, pytest.raises(EngineError, match="no such order"):
        process.call("no such order")


def test_the_peak_is_the_processes_own():
    # The kernel hands down ru_maxrss from the process that forks; this one is made fat first.
    fat = bytearray(300 * 2**20)
    with Worker() as process:
        assert process.call("peak")["bytes"] < 150 * 2**20
    assert fat[0] == 0


def test_threads_are_set_before_anything_is_loaded(monkeypatch):
    """Alignment and detection have no option of their own for it."""
    seen = []
    monkeypatch.setattr(worker.os, "environ", environ := {"MTPIPE_THREADS": "8"})
    monkeypatch.setitem(
        worker._SUBJECTS, "align", lambda _: seen.append(dict(environ)) or Upper({})
    )
    bench = worker.Bench()
    bench.load("align", {"threads": None})
    bench.load("align", {"threads": 2})
    assert [each.get("MTPIPE_THREADS") for each in seen] == ["8", "2"]
    assert seen[1]["OPENBLAS_NUM_THREADS"] == "2"
