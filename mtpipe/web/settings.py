"""Settings of the server: an option of the command, else the environment, else ``mtpipe.toml``."""

from dataclasses import dataclass, field
from pathlib import Path

from mtpipe.config import data_directory

__all__ = ["ServeSettings", "serve_settings"]


def _default_home() -> Path:
    return data_directory() / "serve"


@dataclass(frozen=True, slots=True)
class ServeSettings:
    """What the server may do, and how much of it.

    Attributes:
        host: address to listen at.
        port: to listen at; 0 for any that is free.
        root_path: path that a proxy in front strips, such as ``/mtpipe``.
        trusted_hosts: names that a request may call this server by, besides ``host`` and those
            of the loopback.
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
        requests_per_minute: for each key, or each address without one.
        queue_limit: short requests that may wait; further ones are refused for the moment.
        request_seconds: that a short request may take.
        job_days: that a job's results are kept.
        job_gb: of results that are kept at most.
        batch_segments: that are decoded together at most.
        batch_window_ms: that a segment waits for others while a worker is free.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    root_path: str = ""
    trusted_hosts: tuple[str, ...] = ()
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
    requests_per_minute: int = 120
    queue_limit: int = 256
    request_seconds: int = 60
    job_days: int = 30
    job_gb: float = 5.0
    batch_segments: int = 64
    batch_window_ms: float = 5.0


def serve_settings(**options: object) -> ServeSettings:
    """The settings: options that aren't None, else the environment, else ``mtpipe.toml``."""
    return ServeSettings(**{name: value for name, value in options.items() if value is not None})  # type: ignore[arg-type]
