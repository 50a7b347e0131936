"""Where things are kept, and settings from the environment and from ``mtpipe.toml``.

An option of a command goes before the environment, and that before the file. It is the one in the
current folder, or the one that ``MTPIPE_CONFIG`` names.
"""

import os
import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

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


@dataclass(frozen=True, slots=True)
class ReadingSettings:
    """What reading one page may take.

    Of 446 extreme pages the longest took 4.4 s, and the largest 385 MB, so that a processor half as
    fast reads them, too.

    Attributes:
        page_seconds: seconds of processor time; 0 for any, and then every page is read in the
            process itself, where memory isn't limited either.
        page_mb: megabytes of memory, above what the process that reads it begins with.
    """

    page_seconds: int = 10
    page_mb: int = 512


def reading_settings() -> ReadingSettings:
    """The limits of a page: ``MTPIPE_PAGE_SECONDS`` and ``MTPIPE_PAGE_MB``, else ``[reading]``.

    Raises:
        ConfigError: a variable or the file isn't as it should be.
    """
    known = {field.name for field in fields(ReadingSettings)}
    values = table_of_file("reading", known)
    for name, value in values.items():
        least = 0 if name == "page_seconds" else 1
        if type(value) is not int or not least <= value < 10**9:
            raise ConfigError(f"mtpipe.toml: {name.replace('_', '-')} isn't a whole number")
    if os.environ.get("MTPIPE_PAGE_SECONDS", "").strip() == "0":
        values["page_seconds"] = 0
    elif seconds := _count_in("MTPIPE_PAGE_SECONDS", "seconds"):
        values["page_seconds"] = seconds
    if megabytes := _count_in("MTPIPE_PAGE_MB", "megabytes"):
        values["page_mb"] = megabytes
    return ReadingSettings(**values)


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


@dataclass(frozen=True, slots=True)
class FurnitureSettings:
    """What a user has to say on the furniture of pages, see :mod:`mtpipe.ingest.furniture_rules`.

    Attributes:
        wording: whether text is furniture for its wording, too, or for its place in a page only.
        drop_selector: CSS selectors of what is furniture in HTML.
        keep_selector: of what isn't.
        drop_text: regular expressions, searched in each block: what has a match is furniture.
        keep_text: what has a match isn't.
    """

    wording: bool = True
    drop_selector: tuple[str, ...] = ()
    keep_selector: tuple[str, ...] = ()
    drop_text: tuple[str, ...] = ()
    keep_text: tuple[str, ...] = ()


def furniture_settings(
    *,
    wording: bool | None = None,
    drop_selector: Sequence[str] = (),
    keep_selector: Sequence[str] = (),
    drop_text: Sequence[str] = (),
    keep_text: Sequence[str] = (),
) -> FurnitureSettings:
    """The settings for furniture: options, else ``MTPIPE_DROP_TEXT`` and so on, else ``[furniture]``.

    Variables hold one selector or expression a line, ``MTPIPE_WORDING`` 0 or 1.

    Args:
        wording: the option ``--wording``; None where it isn't given.
        drop_selector: the option ``--drop-selector``; empty where it isn't given.
        keep_selector: likewise.
        drop_text: likewise.
        keep_text: likewise.

    Raises:
        ConfigError: a variable or the file isn't as it should be.
    """
    given = {
        "wording": wording,
        "drop_selector": tuple(drop_selector),
        "keep_selector": tuple(keep_selector),
        "drop_text": tuple(drop_text),
        "keep_text": tuple(keep_text),
    }
    stated = table_of_file("furniture", {field.name for field in fields(FurnitureSettings)})
    values: dict[str, Any] = {}
    for name, option in given.items():
        variable = f"MTPIPE_{name.upper()}"
        text = os.environ.get(variable, "").strip()
        if option not in (None, ()):
            values[name] = option
        elif text and name == "wording":
            values[name] = _is_on(variable, text)
        elif text:
            values[name] = tuple(filter(None, map(str.strip, text.splitlines())))
        elif name in stated:
            values[name] = _checked(name, stated[name])
    if any(not text for value in values.values() if isinstance(value, tuple) for text in value):
        raise ConfigError("an empty selector or expression would match everything")
    return FurnitureSettings(**values)


def table_of_file(table: str, known: set[str]) -> dict[str, Any]:
    """A table of ``mtpipe.toml``, its keys with underscores; empty if there is none.

    Args:
        table: its name.
        known: the keys that it may have.

    Raises:
        ConfigError: the file can't be read, or has other keys.
    """
    named = os.environ.get("MTPIPE_CONFIG", "")
    path = Path(named).expanduser() if named else Path("mtpipe.toml")
    try:
        with path.open("rb") as file:
            tables = tomllib.load(file)
    except FileNotFoundError:
        if named:
            raise ConfigError(f"MTPIPE_CONFIG names {named}, which isn't there") from None
        return {}
    except OSError as exc:
        raise ConfigError(f"can't read {path}: {exc.strerror}") from exc
    except ValueError as exc:
        raise ConfigError(f"{path}: {exc}") from exc
    content = tables.get(table, {})
    if not isinstance(content, dict):
        raise ConfigError(f"{path}: {table} isn't a table", hint=f"begin it with [{table}]")
    found = {name.replace("-", "_"): value for name, value in content.items()}
    if unknown := sorted(found.keys() - known):
        names = ", ".join(sorted(name.replace("_", "-") for name in known))
        raise ConfigError(
            f"{path}: [{table}] has no setting {unknown[0].replace('_', '-')}",
            hint=f"it has {names}",
        )
    return found


def _checked(name: str, value: Any) -> bool | tuple[str, ...]:
    """A setting of the file in its type."""
    if name == "wording" and isinstance(value, bool):
        return value
    if name != "wording" and isinstance(value, str):
        return (value,)
    if name != "wording" and isinstance(value, list) and all(isinstance(v, str) for v in value):
        return tuple(value)
    kind = "true or false" if name == "wording" else "a list of strings"
    raise ConfigError(f"mtpipe.toml: {name.replace('_', '-')} isn't {kind}")


def _is_on(variable: str, text: str) -> bool:
    if text not in ("0", "1"):
        raise ConfigError(f"{variable} is {text!r}, neither 0 nor 1")
    return text == "1"
