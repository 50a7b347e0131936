"""Where things are kept, and settings from the environment.

Every setting can be given as an option, as an environment variable ``MTPIPE_*``, or not at all;
the first that is given counts.
"""

import os
from pathlib import Path


def data_directory() -> Path:
    """The user's folder for models: ``MTPIPE_HOME``, or the platform's place for user data."""
    if home := os.environ.get("MTPIPE_HOME"):
        return Path(home).expanduser()
    import platformdirs  # noqa: PLC0415 - only where the environment doesn't say

    return platformdirs.user_data_path("mtpipe")


def models_directory() -> Path:
    """Where fetched and converted models are kept."""
    return data_directory() / "models"


def cpu_threads() -> int:
    """Threads that computing may use: ``MTPIPE_THREADS``, or the cores this process may run on."""
    if (threads := os.environ.get("MTPIPE_THREADS", "")).isdigit() and int(threads) > 0:
        return int(threads)
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
