"""Runs the application: the socket, uvicorn, signals, and what is told at the start."""

import asyncio
import errno
import logging
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import uvicorn

from mtpipe.errors import ConfigError, DependencyMissing, InputError
from mtpipe.models.cards import find_installed
from mtpipe.web.app import create_app
from mtpipe.web.guard.binding import asks_for_keys, is_loopback
from mtpipe.web.guard.connections import protocol
from mtpipe.web.logs import log_to_stderr
from mtpipe.web.services import Services
from mtpipe.web.settings import ServeSettings

__all__ = ["run"]

_GRACE_SECONDS = 5
"""For requests that are being answered when the server is told to stop."""
_MOST_AT_ONCE = 1_000
_HINTS = {
    errno.EADDRINUSE: "--port 0 takes a port that is free",
    errno.EACCES: "ports below 1024 are for administrators; behind a proxy any other will do",
}
_BACKLOG = 2_048
_MOST_HEAD_BYTES = 100_000
"""Of a request's first lines: some clients have their text in the address."""


def run(settings: ServeSettings, *, tell: Callable[[str], object]) -> None:
    """Serve until a signal says to stop; a second one does so at once.

    Args:
        settings: of the server.
        tell: gets lines for whoever started it.

    Raises:
        ConfigError: settings contradict each other, or nothing can listen at the address.
        InputError: there is no archive where one is said to be.
        ModelNotFound: there is no such model.
        DependencyMissing: an archive is given, and LanceDB isn't installed.
        OutputError: jobs or keys can't be kept.
    """
    _check(settings)
    app = create_app(settings)
    services: Services = app.state.services
    _log_to_stderr()
    with _listening(settings) as listener:
        config = uvicorn.Config(
            app,
            http=protocol(settings),
            loop="asyncio",
            ws="none",
            lifespan="off",  # it is run here, so that its errors come out
            log_config=None,
            access_log=False,  # it has query strings
            server_header=False,
            proxy_headers=False,  # the guard knows which proxies to believe
            limit_concurrency=_MOST_AT_ONCE,
            h11_max_incomplete_event_size=_MOST_HEAD_BYTES,
            timeout_graceful_shutdown=_GRACE_SECONDS,
        )

        def tell_all() -> None:
            tell(f"listening at {_address(settings, listener)} (Ctrl-C stops it)")
            if asks_for_keys(settings) and not services.keys.listed():
                tell("nobody has a key yet; to make one: mtpipe serve --new-key NAME")

        async def serve() -> None:
            async with app.router.lifespan_context(app):
                await _Server(config, tell_all, services.jobs.end_watching).serve([listener])

        asyncio.run(serve())


def _check(settings: ServeSettings) -> None:
    """Complain now of what would fail at the first request."""
    chosen = settings.needs_keys or settings.is_open
    # Proxies and other names mean that the loopback isn't the only way in.
    reached = settings.forwarded_allow_ips or settings.trusted_hosts
    if not chosen and (reached or not is_loopback(settings.host)):
        where = f"a proxy to {settings.host}" if reached else settings.host
        raise ConfigError(
            f"other machines can reach {where}: say who may use the server",
            hint="--keys: whoever has a key; --open: everybody",
        )
    if settings.model != "auto":
        find_installed(settings.model)
    if settings.archive is None:
        return
    if find_spec("lancedb") is None:
        raise DependencyMissing(
            "lancedb isn't installed, which the archive needs", hint="pip install 'mtpipe[archive]'"
        )
    if "://" not in settings.archive and not Path(settings.archive).is_dir():
        raise InputError(
            f"no archive in {settings.archive}",
            hint=f"make one: mtpipe archive add {settings.archive} PAGES...",
        )


@contextmanager
def _listening(settings: ServeSettings) -> Iterator[socket.socket]:
    """A socket that listens at the settings' address.

    Raises:
        ConfigError: there is no such address, or another program has the port.
    """
    host, port = settings.host.strip("[]"), settings.port
    try:
        [family, kind, number, _, address] = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, number)
    except (OSError, UnicodeError) as exc:
        raise ConfigError(f"{settings.host} is no address of this machine") from exc
    with listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(address)
            listener.listen(_BACKLOG)
        except OSError as exc:
            raise ConfigError(
                f"can't listen at {host} port {port}: {exc.strerror}",
                hint=_HINTS.get(exc.errno or 0),
            ) from exc
        yield listener


def _address(settings: ServeSettings, listener: socket.socket) -> str:
    """Where to point a browser at."""
    host, port = listener.getsockname()[:2]
    if host in ("0.0.0.0", "::"):  # noqa: S104 - it is compared, not bound
        host = socket.gethostname()
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{port}{settings.root_path}/"


def _log_to_stderr() -> None:
    """Log what happens, and each request unless only errors are wanted."""
    own, requests = logging.getLogger("mtpipe.web"), logging.getLogger("mtpipe.web.requests")
    log_to_stderr(own)
    if own.getEffectiveLevel() < logging.ERROR:
        requests.setLevel(logging.INFO)  # others' messages of that level are for --verbose
    errors = logging.getLogger("uvicorn.error")
    log_to_stderr(errors)
    errors.setLevel(logging.WARNING)
    errors.addFilter(_is_news)


def _is_news(record: logging.LogRecord) -> bool:
    """Whether something else is logged than that a request was given up as it was told to."""
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, asyncio.CancelledError)


class _Server(uvicorn.Server):
    """Says when it listens, and leaves it to its caller what follows from a signal."""

    def __init__(
        self, config: uvicorn.Config, on_start: Callable[[], None], on_stop: Callable[[], None]
    ) -> None:
        super().__init__(config)
        self._on_start = on_start
        self._on_stop = on_stop

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """As its base."""
        await super().startup(sockets)
        self._on_start()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """As its base, which waits for answers that go on as long as a job does."""
        self._on_stop()
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """As its base, which raises them once more at the end: stopping was no failure."""
        numbers = (signal.SIGINT, signal.SIGTERM)
        before = {number: signal.signal(number, self.handle_exit) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
