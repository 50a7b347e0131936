"""The server as a program: where it listens, how it ends, what it refuses to begin with."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from mtpipe.errors import ConfigError, DependencyMissing, InputError, ModelNotFound, MtpipeError
from mtpipe.models.cards import InstalledModel
from mtpipe.web import server
from mtpipe.web.server import run
from mtpipe.web.settings import ServeSettings

ROOT = Path(__file__).parents[2]
SECONDS = 240
"""Enough on a machine that has other things to do."""


class Running:
    """A server in a process of its own."""

    def __init__(self, process: "subprocess.Popen[str]", address: str) -> None:
        self.process = process
        self.address = address

    def ask(self, path: str, body: dict[str, Any] | None = None) -> tuple[int, Any]:
        request = urllib.request.Request(
            self.address + path,
            data=json.dumps(body).encode() if body is not None else None,
            headers={"Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=SECONDS) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as exc:
            content = exc.read()
            is_json = "json" in exc.headers["content-type"]
            return exc.code, json.loads(content) if is_json else content

    def workers(self) -> list[int]:
        path = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [*map(int, path.read_text(encoding="ascii").split())]


@contextmanager
def serving(home: Path, *options: str, **variables: str) -> Iterator[Running]:
    command = [sys.executable, "-m", "mtpipe", "serve", "--port", "0", "--home", str(home)]
    with subprocess.Popen(
        [*command, *options], cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL,
        text=True, env=os.environ | {"MTPIPE_SERVE_REQUEST_SECONDS": str(SECONDS)} | variables,
    ) as process:  # fmt: skip
        try:
            assert process.stderr
            line = process.stderr.readline()
            assert line.startswith("listening at http://"), line + process.stderr.read()
            yield Running(process, line.split()[2].rstrip("/"))
        finally:
            process.kill()


def within(seconds: float, holds: Callable[[], bool]) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if holds():
            return True
        time.sleep(0.05)
    return False


def are_gone(pids: list[int]) -> bool:
    return not any(Path(f"/proc/{pid}").exists() for pid in pids)


def translation(texts: list[str]) -> dict[str, Any]:
    return {"texts": texts, "source": "de", "target": "en", "model": "starter"}


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_server_from_its_start_to_its_end(tmp_path: Path, starter: InstalledModel) -> None:
    with serving(tmp_path) as running:
        assert running.ask("/healthz") == (200, {"status": "ok"})
        status, found = running.ask("/api/v1/translate", translation(["Guten Morgen."]))
        assert status == 200
        assert found["translations"][0]["target"] == "Good morning."
        assert within(SECONDS, lambda: running.ask("/readyz")[0] == 200)

        # A worker dies while it computes.
        long = translation(
            [f"Der Rat hat am Montag {n} neue Brücken beschlossen." for n in range(1_000)]
        )
        answers: list[tuple[int, Any]] = []
        asking = threading.Thread(
            target=lambda: answers.append(running.ask("/api/v1/translate", long))
        )
        asking.start()
        metrics = running.address + "/metrics"
        assert within(SECONDS, lambda: _is_busy(metrics))
        for worker in running.workers():  # which of them is busy isn't known
            os.kill(worker, signal.SIGKILL)
        asking.join(SECONDS)
        assert answers[0][0] == 500
        assert answers[0][1]["detail"] == "the process that computed this has ended"
        status, found = running.ask("/api/v1/translate", translation(["Guten Morgen."]))
        assert (status, found["translations"][0]["target"]) == (200, "Good morning.")

        # Ctrl-C ends it and its workers, whoever still waits; that is no failure.
        assert within(SECONDS, lambda: len(running.workers()) == 2)
        workers = running.workers()
        last = threading.Thread(
            target=lambda: answers.append(running.ask("/api/v1/translate", long))
        )
        last.start()
        assert within(SECONDS, lambda: _is_busy(metrics))
        running.process.send_signal(signal.SIGINT)
        assert running.process.wait(SECONDS) == 0
        assert within(SECONDS, lambda: are_gone(workers))
        assert running.process.stderr
        assert "Traceback" not in running.process.stderr.read()
        last.join(SECONDS)
        assert answers[-1][0] == 500


def _is_busy(metrics: str) -> bool:
    with urllib.request.urlopen(metrics, timeout=SECONDS) as answer:
        lines = answer.read().decode().splitlines()
    return any("busy" in line and line.endswith(" 1.0") for line in lines)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=["asked to", "killed"])
def test_its_end_is_its_workers_end(tmp_path: Path, number: signal.Signals) -> None:
    with serving(tmp_path) as running:
        assert within(SECONDS, lambda: len(running.workers()) == 2)
        workers = running.workers()
        running.process.send_signal(number)
        expected = 0 if number is signal.SIGTERM else -number
        assert running.process.wait(SECONDS) == expected
        assert within(SECONDS, lambda: are_gone(workers))


def test_each_request_has_a_line_in_the_log(tmp_path: Path) -> None:
    with serving(tmp_path) as running:
        assert running.ask("/healthz?q=secret")[0] == 200
        running.process.send_signal(signal.SIGTERM)
        assert running.process.stderr
        lines = running.process.stderr.read().splitlines()
    [line] = [line for line in lines if "/healthz" in line]
    assert " INFO 127.0.0.1 anyone GET /healthz 200 " in line
    assert "secret" not in line


def test_whoever_needs_a_key_is_told_how_to_make_one(tmp_path: Path) -> None:
    with serving(tmp_path, "--host", "0.0.0.0", "--keys") as running:
        assert running.process.stderr
        assert running.process.stderr.readline() == (
            "nobody has a key yet; to make one: mtpipe serve --new-key NAME\n"
        )


REFUSED: dict[str, tuple[dict[str, Any], type[MtpipeError], str, str | None]] = {
    "strangers without a choice": (
        {"host": "0.0.0.0"},
        ConfigError,
        "other machines can reach 0.0.0.0",
        "--keys: whoever has a key; --open: everybody",
    ),
    "a proxy without a choice": (
        {"forwarded_allow_ips": "127.0.0.1"},
        ConfigError,
        "a proxy to 127.0.0.1",
        "--keys: whoever has a key; --open: everybody",
    ),
    "another name without a choice": (
        {"trusted_hosts": ("translate.example.org",)},
        ConfigError,
        "other machines can reach",
        "--keys: whoever has a key; --open: everybody",
    ),
    "no address": ({"host": "300.1.1.1", "is_open": True}, ConfigError, "no address", None),
    "another machine's address": (
        {"host": "203.0.113.7", "is_open": True},
        ConfigError,
        "can't listen at 203.0.113.7",
        None,
    ),
    "no archive": (
        {"archive": "not-there"},
        InputError,
        "no archive in not-there",
        "make one: mtpipe archive add not-there PAGES...",
    ),
    "no model": ({"model": "nonsense"}, ModelNotFound, "no model is called", "mtpipe models list"),
}


@pytest.mark.parametrize(("options", "kind", "message", "hint"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_served_is_named_before(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    options: dict[str, Any],
    kind: type[MtpipeError],
    message: str,
    hint: str | None,
) -> None:
    monkeypatch.chdir(tmp_path)
    if options.get("archive"):
        pytest.importorskip("lancedb")
    with pytest.raises(kind, match=message) as caught:
        run(ServeSettings(home=tmp_path / "home", **options), tell=pytest.fail)
    assert caught.value.hint == hint


def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(ConfigError, match=f"port {port}: Address already in use") as caught:
            run(ServeSettings(home=tmp_path, port=port), tell=pytest.fail)
    assert caught.value.hint == "--port 0 takes a port that is free"


def test_a_missing_database_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "find_spec", lambda _: None)
    with pytest.raises(DependencyMissing) as caught:
        run(ServeSettings(home=tmp_path, archive=str(tmp_path)), tell=pytest.fail)
    assert caught.value.hint == "pip install 'mtpipe[archive]'"
