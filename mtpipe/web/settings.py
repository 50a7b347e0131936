"""Settings of the server: an option of the command, else the environment, else ``mtpipe.toml``."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, get_type_hints

from mtpipe.config import data_directory, table_of_file
from mtpipe.errors import ConfigError

__all__ = ["ServeSettings", "serve_settings"]


def _default_home() -> Path:
    return data_directory() / "serve"


@dataclass(frozen=True, slots=True)
class ServeSettings:
    """What the server may do, and how much of it.

    Attributes:
        host: address to listen at.
        port: to listen at; 0 for any that is free.
        root_path: path that a proxy in front strips, such as ``/mtpipe``; never with a slash at
            its end.
        trusted_hosts: names that a request may call this server by, besides ``host`` and those
            of the loopback.
        forwarded_allow_ips: addresses of proxies, with commas, whose word on a client's address
            is taken.
        cors_origins: sites whose pages may call the API in a browser.
        archive: URI of the archive of originals; None for none.
        workers: processes for short requests; one more is for jobs.
        threads: CPU threads of each worker; None for one per core.
        model: that translates: a name, a folder or ``auto``.
        allow_fetch: whether addresses are fetched at all; internal ones never are.
        is_open: nobody needs a key, although this isn't the loopback only.
        needs_keys: everybody needs a key.
        home: folder of jobs and keys.
        max_request_bytes: of a request without files.
        max_upload_bytes: of a request with files.
        max_text_chars: of all texts in a request.
        requests_per_minute: for each key, or each address without one; None for 120, but any
            number from oneself.
        body_seconds: that a request may take to arrive.
        queue_limit: short requests that may wait; further ones are refused for the moment.
        request_seconds: that a short request may take.
        job_days: that a job's results are kept.
        job_gb: of results that are kept at most.
        batch_segments: that are decoded together at most.
        batch_window_ms: that is waited for further segments while a worker is free; as long again for
            each that comes, ten times at most.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    root_path: str = ""
    trusted_hosts: tuple[str, ...] = ()
    forwarded_allow_ips: str = ""
    cors_origins: tuple[str, ...] = ()
    archive: str | None = None
    workers: int = 1
    threads: int | None = None
    model: str = "auto"
    allow_fetch: bool = False
    is_open: bool = False
    needs_keys: bool = False
    home: Path = field(default_factory=_default_home)
    max_request_bytes: int = 10_000_000
    max_upload_bytes: int = 50_000_000
    max_text_chars: int = 200_000
    requests_per_minute: int | None = None
    body_seconds: float = 20.0
    queue_limit: int = 256
    request_seconds: int = 60
    job_days: int = 30
    job_gb: float = 5.0
    batch_segments: int = 64
    batch_window_ms: float = 5.0


def serve_settings(**options: Any) -> ServeSettings:
    """The settings: options, else ``MTPIPE_SERVE_HOST`` and so on, else ``[serve]``, else defaults.

    Variables hold lists with commas, and 0 or 1 for no and yes.

    Args:
        options: by the names of the fields; None where one isn't given.

    Raises:
        ConfigError: a setting isn't as it should be, or settings contradict each other.
    """
    kinds = get_type_hints(ServeSettings)
    stated = table_of_file("serve", {_public(one.name) for one in fields(ServeSettings)})
    values: dict[str, Any] = {}
    for one in fields(ServeSettings):
        name = _public(one.name)
        variable = f"MTPIPE_SERVE_{name.upper()}"
        if options.get(one.name) is not None:
            values[one.name] = _bounded(f"--{_dashed(name)}", one.name, options[one.name])
        elif text := os.environ.get(variable, "").strip():
            values[one.name] = _bounded(
                variable, one.name, _parsed(variable, kinds[one.name], text)
            )
        elif name in stated:
            where = f"mtpipe.toml: {_dashed(name)}"
            value = _checked(where, kinds[one.name], stated[name])
            values[one.name] = _bounded(where, one.name, value)
    settings = ServeSettings(**values)
    if settings.is_open and settings.needs_keys:
        raise ConfigError("--open and --keys exclude each other: one lets everybody in")
    return settings


_PUBLIC = {"is_open": "open", "needs_keys": "keys"}
_BOUNDS: Mapping[str, tuple[float, float]] = {
    "port": (0, 65_535),
    "workers": (1, 256),
    "threads": (1, 1_024),
    "batch_segments": (1, 4_096),
    "batch_window_ms": (0, 1_000),
}
"""Least and most of what has others than a number above 0."""
_MOST = 10**12
_ROOT = re.compile(r"(/(?!\.{1,2}(/|$))[\w.~!$&'()*+=:@-]+)*", re.ASCII)
"""Paths that stand for themselves, in addresses and in cookies alike."""
_KINDS = {
    "str": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "list": "a list of strings",
}


def _public(field_name: str) -> str:
    return _PUBLIC.get(field_name, field_name)


def _dashed(name: str) -> str:
    return name.replace("_", "-")


def _kind(hint: Any) -> str:
    """The kind of a field's values, by its annotation."""
    text = str(hint).removesuffix(" | None")
    if "tuple" in text:
        return "list"
    if hint is Path:
        return "path"
    return next(name for name in ("bool", "int", "float", "str") if name in text)


def _parsed(variable: str, hint: Any, text: str) -> Any:
    """A variable's text in the type of its field."""
    kind = _kind(hint)
    if kind == "bool" and text in ("0", "1"):
        return text == "1"
    if kind == "int" and re.fullmatch("[0-9]{1,12}", text):
        return int(text)
    if kind == "float" and re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,12})?", text):
        return float(text)
    if kind == "list":
        return tuple(filter(None, re.split(r"[\s,]+", text)))
    if kind == "path":
        return Path(text).expanduser()
    if kind == "str":
        return text
    wanted = "neither 0 nor 1" if kind == "bool" else f"not {_KINDS[kind]}"
    raise ConfigError(f"{variable} is {text!r}, {wanted}")


def _checked(where: str, hint: Any, value: Any) -> Any:
    """A value of the file in the type of its field."""
    kind = _kind(hint)
    if kind == "path" and isinstance(value, str):
        return Path(value).expanduser()
    if kind == "list" and isinstance(value, list) and all(isinstance(one, str) for one in value):
        return tuple(value)
    if kind == "float" and type(value) is int:
        return float(value)
    if type(value).__name__ == kind and kind != "list":
        return value
    raise ConfigError(f"{where} isn't {_KINDS.get(kind, 'the path of a folder')}")


def _bounded(where: str, name: str, value: Any) -> Any:
    """A number within its bounds, the root in the form that paths go on from; all else as it is."""
    if name == "root_path":
        root = f"/{value.removeprefix('/')}".removesuffix("/")
        if not _ROOT.fullmatch(root):
            raise ConfigError(f"{where} is {value!r}; it can be a path such as /mtpipe")
        return root
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    least, most = _BOUNDS.get(name, (0, _MOST))
    is_enough = value >= least if name in _BOUNDS else value > 0
    if not (is_enough and value <= most):
        allowed = f"{least:g} to {most:g}" if name in _BOUNDS else "more than 0"
        raise ConfigError(f"{where} is {value:g}; it can be {allowed}")
    return value
