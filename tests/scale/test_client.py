"""Runs by way of Ray Client: the loop goes to the cluster, and is asked how far it is."""

import importlib.util
import threading
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from mtpipe.errors import ConfigError, DependencyMissing, EngineError, ModelNotFound
from mtpipe.scale import client
from mtpipe.scale.client import run_there
from mtpipe.scale.output import Form
from mtpipe.scale.summary import ScaleSummary
from mtpipe.scale.tasks import Resources
from mtpipe.scale.worker import Order
from tests.scale.echo import EchoTask

RESOURCES = Resources(address="ray://there:10001")


class Lost(Exception):
    """Stands for any of Ray's errors."""


class Ray:
    """As much of Ray Client as a run needs: actors are objects here, and calls are threads."""

    exceptions = SimpleNamespace(RayError=Lost)

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.fails: Exception | None = None

    def is_initialized(self) -> bool:
        return False

    def init(self, address: str, **_: Any) -> None:
        self.calls.append(address)
        if self.fails:
            raise self.fails

    def shutdown(self) -> None:
        self.calls.append("shutdown")

    def kill(self, _: Any) -> None:
        self.calls.append("kill")

    def remote(self, kind: type) -> Any:
        actor = kind()

        def handle() -> Any:
            methods = {
                name: SimpleNamespace(remote=self._call(getattr(actor, name)))
                for name in ("run", "progress", "stop")
            }
            return SimpleNamespace(**methods)

        return SimpleNamespace(options=lambda **_: SimpleNamespace(remote=handle))

    def _call(self, method: Callable[..., Any]) -> Callable[..., Any]:
        def start(*args: Any) -> Any:
            result = SimpleNamespace(value=None)

            def work() -> None:
                try:
                    result.value = method(*args)
                except Lost as exc:
                    result.value = exc

            result.thread = threading.Thread(target=work, daemon=True)
            result.thread.start()
            return result

        return start

    def wait(self, results: list[Any], timeout: float) -> tuple[list[Any], list[Any]]:
        results[0].thread.join(timeout)
        return ([], results) if results[0].thread.is_alive() else (results, [])

    def get(self, result: Any) -> Any:
        result.thread.join()
        if isinstance(result.value, Lost):
            raise result.value
        return result.value


@pytest.fixture
def ray(monkeypatch: pytest.MonkeyPatch) -> Ray:
    found = Ray()
    monkeypatch.setattr(client, "require", lambda *_, **__: found)
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: True)
    monkeypatch.setattr(client, "_ASKED_S", 0.01)
    monkeypatch.setattr(client, "_ENDING_S", 0.2)
    return found


def start(loop: Any, **options: Any) -> ScaleSummary:
    order = Order(EchoTask(), "out", Form.JSONL, "", "", str(Path.cwd()), threads=1)
    given: dict[str, Any] = {"on_progress": lambda _: None, "is_stopped": lambda: False, **options}
    return run_there(
        loop, ["in"], order, RESOURCES, given["on_progress"], given["is_stopped"], verbose=False
    )


def test_progress_and_summary_come_back(ray: Ray) -> None:
    told, go_on = threading.Event(), threading.Event()

    def loop(inputs: Any, order: Any, resources: Any, follow: Any, stop: Any, **_: Any) -> Any:
        follow(ScaleSummary(inputs[0], shards_done=1))
        told.set()
        go_on.wait(5)
        return ScaleSummary(order.task.name, shards_done=2)

    seen: list[int] = []

    def show(summary: ScaleSummary) -> None:
        seen.append(summary.shards_done)
        go_on.set()

    summary = start(loop, on_progress=show)
    assert (summary.task, summary.shards_done) == ("echo", 2)
    assert seen[0] == 1
    assert seen[-1] == 2
    assert ray.calls == ["ray://there:10001", "shutdown"]


def test_a_wish_to_stop_is_passed_on(ray: Ray) -> None:
    def loop(_: Any, order: Any, resources: Any, follow: Any, is_stopped: Any, **__: Any) -> Any:
        while not is_stopped():
            threading.Event().wait(0.01)
        return ScaleSummary("echo", is_unfinished=True)

    assert start(loop, is_stopped=lambda: True).exit_code == 130
    assert "kill" not in ray.calls


def test_a_loop_that_does_not_end_is_ended(ray: Ray) -> None:
    never = threading.Event()

    def loop(*_: Any, **__: Any) -> Any:
        never.wait(20)

    assert start(loop, is_stopped=lambda: True).is_unfinished
    assert ray.calls[-2:] == ["kill", "shutdown"]
    never.set()


@pytest.mark.parametrize(
    ("raised", "expected"),
    [(ModelNotFound("no model"), ModelNotFound), (Lost("node\nlost"), EngineError)],
    ids=["of the loop", "of the cluster"],
)
def test_errors_are_raised_here(ray: Ray, raised: Exception, expected: type[Exception]) -> None:
    def loop(*_: Any, **__: Any) -> Any:
        raise raised

    with pytest.raises(expected):
        start(loop)
    assert ray.calls[-1] == "shutdown"


def test_a_cluster_that_is_not_there_is_told(ray: Ray) -> None:
    ray.fails = ConnectionError("timeout")
    with pytest.raises(ConfigError, match="no Ray cluster at 'ray://there:10001': timeout"):
        start(None)


def test_without_grpc_there_is_the_pip_line(ray: Ray, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(DependencyMissing) as caught:
        start(None)
    assert caught.value.hint == "pip install 'ray[client]'"
