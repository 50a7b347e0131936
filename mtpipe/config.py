"""Where things are kept, and settings from the environment.

An option of a command goes before the environment.
"""

import os
import re
from pathlib import Path

from mtpipe.errors import ConfigError


def data_directory() -> Path:
    """The user's folder for models: ``MTPIPE_HOME``, or the platform's place for user data."""
    if home := os.environ.get("MTPIPE_HOME"):
        return Path(home).expanduser()
    import platformdirs  # noqa: PLC0415 - only where the environment doesn't say

    return platformdirs.user_data_path("mtpipe")


def models_directory() -> Path:
    """Where fetched and converted models are kept."""
    return data_directory() / "models"


def cache_file() -> Path:
    """Where translated segments are kept for the next time: with the user's other caches."""
    if os.environ.get("MTPIPE_HOME"):
        return data_directory() / "cache" / "segments.sqlite"
    import platformdirs  # noqa: PLC0415 - only where the environment doesn't say

    return platformdirs.user_cache_path("mtpipe") / "segments.sqlite"


def cache_limit_bytes() -> int:
    """How large that file may become: ``MTPIPE_CACHE_MB``, or a gigabyte.

    Raises:
        ConfigError: the variable isn't a number of megabytes.
    """
    return (_count_in("MTPIPE_CACHE_MB", "megabytes") or 1_000) * 1_000_000


def cpu_threads() -> int:
    """Threads that computing may use: ``MTPIPE_THREADS``, or the cores this process may run on.

    Raises:
        ConfigError: the variable isn't a number of threads.
    """
    if threads := _count_in("MTPIPE_THREADS", "threads"):
        return threads
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _count_in(variable: str, what: str) -> int | None:
    """The whole number, 1 or more, that a variable has; None where it isn't set."""
    text = os.environ.get(variable, "").strip()
    if not text:
        return None
    if not re.fullmatch("[0-9]{1,9}", text) or int(text) == 0:
        raise ConfigError(
            f"{variable} is {text!r}, not a number of {what}", hint=f"for example {variable}=4"
        )
    return int(text)
