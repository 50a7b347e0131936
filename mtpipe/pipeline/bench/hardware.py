"""The machine that speed is measured on, in words."""

import os
import platform
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_GPUS = Path("/proc/driver/nvidia/gpus")


def describe_machine(*, gpus: bool = False) -> str:
    """Processor, cores, memory and system, as in ``Xeon Gold 6342, 2 cores, 25 GB, Linux x86_64``.

    It says nothing of who or where: no host name, no address.

    Args:
        gpus: name those, too: something is computed on them.
    """
    parts = [_processor(), f"{_cores()} cores"]
    if memory := _memory_bytes():
        parts.append(f"{memory / 1e9:.0f} GB")
    parts.append(f"{platform.system()} {platform.machine()}")
    if gpus:
        parts += [f"{count} x {name}" for name, count in sorted(Counter(_gpus()).items())]
    return ", ".join(parts)


class Watch:
    """Tells how many cores other programs had, from its making to :meth:`others`.

    On Linux only. Processes that this one started count as its own once they have ended.
    """

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._busy, self._own = _busy_seconds(), _own_seconds()

    def others(self) -> float | None:
        """Mean number of cores that others kept busy; None where that isn't known."""
        busy = _busy_seconds()
        if busy is None or self._busy is None:
            return None
        theirs = (busy - self._busy) - (_own_seconds() - self._own)
        return max(0.0, theirs / max(time.monotonic() - self._started, 1e-9))


def _busy_seconds() -> float | None:
    """Processor time that the whole machine has spent working."""
    try:
        with Path("/proc/stat").open(encoding="ascii") as file:
            ticks = [int(text) for text in file.readline().split()[1:]]
        idle, waiting, guests = ticks[3], ticks[4], sum(ticks[8:10])
        return (sum(ticks) - idle - waiting - guests) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError):
        return None


def _own_seconds() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _cores() -> int:
    """Those that this process may run on, however many threads it computes with."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return " ".join(line.partition(":")[2].split())
    except OSError:
        pass
    return platform.processor() or "unknown processor"


def _gpus() -> Iterator[str]:
    """Names of the GPUs, as their driver has them; none where it is another one than NVIDIA's."""
    for path in sorted(_GPUS.glob("*/information")):
        with suppress(OSError):
            for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
                if line.startswith("Model:"):
                    yield " ".join(line.partition(":")[2].split())


def _memory_bytes() -> int:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return 0
