"""Clusters: how many workers fit, and what is left when a run ends."""

import os
import signal
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from mtpipe.errors import ConfigError, DependencyMissing
from mtpipe.scale import cluster
from mtpipe.scale.cluster import connected, placed, quiet, terminable
from mtpipe.scale.running import Within, run
from mtpipe.scale.tasks import Resources
from tests.scale.echo import EchoTask


def ray_with(*machines: dict[str, float]) -> Any:
    nodes = [{"Alive": True, "Resources": machine} for machine in machines]
    dead = {"Alive": False, "Resources": {"CPU": 64}}
    return SimpleNamespace(nodes=lambda: [*nodes, dead])


@pytest.mark.parametrize(
    ("machines", "options", "expected"),
    [
        ([{"CPU": 4}], {}, 4),
        ([{"CPU": 4}, {"CPU": 3}], {"threads_per_worker": 2}, 3),
        ([{"CPU": 4}], {"workers": 3}, 3),
        ([{"CPU": 2}], {"workers": 30}, 2),
        ([{"CPU": 8, "GPU": 1}, {"CPU": 8}], {"gpus_per_worker": 0.25}, 4),
        ([{"CPU": 2, "GPU": 4}], {"gpus_per_worker": 1}, 2),
    ],
)
def test_as_many_workers_as_fit(
    machines: list[dict[str, float]], options: dict[str, Any], expected: int
) -> None:
    assert placed(ray_with(*machines), Resources(**options)).workers == expected


@pytest.mark.parametrize("options", [{"threads_per_worker": 8}, {"gpus_per_worker": 1}], ids=str)
def test_a_worker_that_fits_nowhere_is_an_error_not_a_wait(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="no machine of the cluster"):
        placed(ray_with({"CPU": 4}, {"CPU": 4}), Resources(**options))


class Ray:
    """What is called of Ray to start and to end it."""

    def __init__(self, fails: Exception | None = None) -> None:
        self.calls: list[Any] = []
        self.fails = fails
        self.nodes = ray_with({"CPU": 4}).nodes

    def is_initialized(self) -> bool:
        return bool(self.calls) and self.calls[-1] != "shutdown"

    def init(self, **options: Any) -> None:
        self.calls.append(options)
        os.write(2, b"x RAY_BACKEND_LOG_LEVEL to 3\nwhat matters\n")
        if self.fails:
            raise self.fails

    def shutdown(self) -> None:
        self.calls.append("shutdown")


@pytest.fixture
def ray(monkeypatch: pytest.MonkeyPatch) -> Ray:
    found = Ray()
    monkeypatch.setattr(cluster, "require", lambda *_, **__: found)
    monkeypatch.delenv("RAY_BACKEND_LOG_LEVEL", raising=False)
    return found


def test_what_was_started_is_ended_and_its_chatter_left_out(
    ray: Ray, capfd: pytest.CaptureFixture[str]
) -> None:
    thread = threading.Thread(target=lambda: None)
    with connected(Resources(workers=2, threads_per_worker=2)) as found:
        found.threads.append(thread)
        thread.start()
    assert not thread.is_alive()
    options, end = ray.calls
    assert end == "shutdown"
    assert (options["address"], options["num_cpus"]) == ("local", 4)
    assert not options["include_dashboard"]
    assert found.is_own
    assert capfd.readouterr().err == "what matters\n"
    assert "RAY_BACKEND_LOG_LEVEL" not in os.environ


def test_a_cluster_is_left_after_an_interruption_as_well(ray: Ray) -> None:
    with pytest.raises(KeyboardInterrupt), connected(Resources(workers=1)):
        raise KeyboardInterrupt
    assert ray.calls[-1] == "shutdown"


def test_a_part_of_a_run_leaves_the_cluster_to_the_whole(ray: Ray) -> None:
    with connected(Resources(workers=1)) as outer:
        with connected(outer.resources, outer=outer) as inner:
            assert inner.is_own
            assert inner.threads is outer.threads
        assert ray.is_initialized()
        with connected(outer.resources) as other:
            assert not other.is_own
    assert not ray.is_initialized()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")  # SystemExit
def test_shards_in_hand_end_with_the_cluster_of_the_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("ray")
    monkeypatch.setenv("PYTHONPATH", str(Path.cwd()))  # workers find the tests' own modules
    (tmp_path / "a.jsonl").write_text('{"text": "a"}\n')
    wished: list[float] = []

    def is_stopped() -> bool:
        begun = [path.name for path in (tmp_path / "out" / "attempts").glob("a-*")]
        if any("reading" not in name for name in begun):
            wished.append(time.monotonic())
        return bool(wished)

    with connected(Resources(workers=1)) as found:
        summary = run(
            tmp_path / "a.jsonl",
            tmp_path / "out",
            EchoTask(seconds=100),
            found.resources,
            within=Within(found),
            is_stopped=is_stopped,
        )
    assert summary.is_unfinished
    assert time.monotonic() < wished[0] + 50
    assert not any(thread.is_alive() for thread in found.threads)
    assert "Exception" not in capfd.readouterr().err


@pytest.mark.parametrize(
    ("address", "said"), [("10.0.0.1:6379", "no Ray cluster at '10.0.0.1:6379'"), (None, "start")]
)
def test_a_cluster_that_is_not_there_is_told(ray: Ray, address: str | None, said: str) -> None:
    ray.fails = ConnectionError("nobody answers\nmore")
    with pytest.raises(ConfigError, match=said), connected(Resources(address=address)):
        pass


def test_without_the_extra_there_is_the_pip_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(DependencyMissing) as caught, connected(Resources()):
        pass
    assert caught.value.hint == "pip install 'mtpipe[ray]'"


def test_the_makers_of_ray_are_told_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RAY_USAGE_STATS_ENABLED", raising=False)
    quiet()
    assert os.environ["RAY_USAGE_STATS_ENABLED"] == "0"


def test_sigterm_is_a_wish() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with terminable() as wished:
        os.kill(os.getpid(), signal.SIGTERM)
        assert wished.wait(5)
    assert signal.getsignal(signal.SIGTERM) is before


def test_the_token_is_nobody_elses_to_read(
    ray: Ray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = tmp_path / ".ray" / "auth_token"
    token.parent.mkdir()
    token.write_text("secret")
    token.chmod(0o644)
    monkeypatch.setenv("HOME", str(tmp_path))
    with connected(Resources(workers=1)):
        assert token.stat().st_mode & 0o777 == 0o600
