"""The machine that speed is measured on, in words."""

import os
import platform
from pathlib import Path

from mtpipe.config import cpu_threads


def describe_machine() -> str:
    """Processor, cores, memory and system, as in ``Xeon Gold 6342, 2 cores, 25 GB, Linux x86_64``.

    It says nothing of who or where: no host name, no address.
    """
    parts = [_processor(), f"{cpu_threads()} cores"]
    if memory := _memory_bytes():
        parts.append(f"{memory / 1e9:.0f} GB")
    parts.append(f"{platform.system()} {platform.machine()}")
    return ", ".join(parts)


def is_busy(load_average: float | None) -> bool:
    """Whether other programs had more than a fifth of the machine."""
    return load_average is not None and load_average > 0.2 * (os.cpu_count() or 1)


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return " ".join(line.partition(":")[2].split())
    except OSError:
        pass
    return platform.processor() or "unknown processor"


def _memory_bytes() -> int:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return 0
