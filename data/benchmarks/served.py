"""A server of ``mtpipe serve`` for the scripts that measure it, and the clients that ask it.

Needs the extra ``web``. The server runs in processes of its own, on any free port, with a folder
of its own for jobs; clients keep their connections, as browsers and libraries do.
"""

import http.client
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

__all__ = ["Answer", "Client", "Served", "percentile", "serve"]

START_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request came to.

    Attributes:
        status: of HTTP.
        headers: their names in small letters.
        body: all of it.
        seconds: from the first byte that was sent to the last that came.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float

    def json(self) -> object:
        """The body as data."""
        return json.loads(self.body)


class Client:
    """One connection, kept from request to request, and opened again where it was closed.

    Args:
        address: of the server.
        timeout: seconds for anything that comes.
    """

    def __init__(self, address: str, timeout: float = 120) -> None:
        parts = urlsplit(address)
        self.connection = http.client.HTTPConnection(
            parts.hostname or "", parts.port, timeout=timeout
        )

    def get(self, path: str) -> Answer:
        """Ask for a path."""
        return self.request("GET", path)

    def post(self, path: str, given: object) -> Answer:
        """Send data as JSON."""
        body = json.dumps(given).encode()
        return self.request("POST", path, body, {"Content-Type": "application/json"})

    def request(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Ask, once more if the server had closed the connection in between."""
        began = time.perf_counter()
        for is_last in (False, True):
            try:
                self.connection.request(method, path, body, dict(headers or {}))
                found = self.connection.getresponse()
                content = found.read()
                break
            except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
                self.connection.close()
                if is_last:
                    raise
        return Answer(
            found.status,
            {name.lower(): value for name, value in found.getheaders()},
            content,
            time.perf_counter() - began,
        )

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()


@dataclass(frozen=True, slots=True)
class Served:
    """A server that runs.

    Attributes:
        address: of its start page, without the last slash.
        pid: of the process that answers requests.
    """

    address: str
    pid: int

    def pids(self) -> list[int]:
        """Its process and those that it started, and those that they started."""
        parents = {}
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with suppress(OSError):
                parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
        found = [self.pid]
        for pid in found:  # which grows meanwhile
            found += [child for child, parent in parents.items() if parent == pid]
        return found

    def mib(self) -> float:
        """Memory of all of them; what several share is counted once."""
        return sum(map(_mib, self.pids()))

    def processor_seconds(self) -> float:
        """That all of them have used so far."""
        ticks = 0
        for pid in self.pids():
            with suppress(OSError):
                stat = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
                ticks += int(stat[11]) + int(stat[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def open_files(self) -> int:
        """That the process has which answers requests, connections included."""
        return sum(1 for _ in Path(f"/proc/{self.pid}/fd").iterdir())

    def metrics(self) -> dict[str, float]:
        """The figures of ``/metrics`` by name and labels."""
        with urllib.request.urlopen(f"{self.address}/metrics", timeout=30) as answer:  # noqa: S310
            lines = answer.read().decode().splitlines()
        pairs = (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
        return {name: float(value) for name, value in pairs}


def _mib(pid: int) -> float:
    with suppress(OSError, StopIteration):
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        return int(next(line for line in lines if line.startswith("Pss:")).split()[1]) / 1024
    return 0.0


@contextmanager
def serve(*options: str) -> Iterator[Served]:
    """Run a server, ready for requests, until the end of the block.

    Args:
        options: of ``mtpipe serve``, but neither ``--port`` nor ``--home``.
    """
    command = [sys.executable, "-m", "mtpipe", "serve", "--port", "0", *options]
    with (
        tempfile.TemporaryDirectory() as home,
        tempfile.TemporaryFile("w+", encoding="utf-8") as log,
        subprocess.Popen(
            [*command, "--home", home], stdin=subprocess.DEVNULL, stdout=log, stderr=log
        ) as process,
    ):
        try:
            address = _address(process, log.fileno())
            _wait_until_ready(address)
            yield Served(address, process.pid)
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()


def _address(process: "subprocess.Popen[bytes]", log: int) -> str:
    """Where it says that it listens."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        said = os.pread(log, 100_000, 0).decode()
        if "listening at " in said:
            return said.partition("listening at ")[2].split()[0].rstrip("/")
        if process.poll() is not None:
            sys.exit(said or "the server didn't start")
        time.sleep(0.05)
    sys.exit("the server doesn't say where it listens")


def _wait_until_ready(address: str) -> None:
    client, end = Client(address), time.monotonic() + START_SECONDS
    while client.get("/readyz").status != http.client.OK:
        if time.monotonic() > end:
            sys.exit("the server isn't ready in time")
        time.sleep(0.1)
    client.close()


def percentile(values: list[float], percent: float) -> float:
    """The value that so many percent of all are at most."""
    ranked = sorted(values)
    return ranked[max(0, round(percent / 100 * len(ranked) + 0.5) - 1)] if ranked else float("nan")
