"""How much memory this process took."""

import sys
from pathlib import Path

__all__ = ["peak_bytes"]


def peak_bytes() -> int:
    """The most memory of this process that was resident at once; 0 where the system doesn't tell.

    On Linux this is VmHWM, not ``ru_maxrss``: the latter is inherited from the process that
    started this one.
    """
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
        return next(
            int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM:")
        )
    except (OSError, StopIteration):
        pass
    try:
        import resource  # noqa: PLC0415 - not everywhere
    except ImportError:
        return 0
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024
