"""The application, put together from its rooms; not for what any of them does."""

import importlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from fastapi import FastAPI

from mtpipe import __version__
from mtpipe.errors import OutputError
from mtpipe.web.guard.keys import KeyStore
from mtpipe.web.guard.limits import RateLimits
from mtpipe.web.health import Metrics
from mtpipe.web.services import Services
from mtpipe.web.settings import ServeSettings, serve_settings
from mtpipe.web.workers.coalescing import Translations
from mtpipe.web.workers.pool import Pool

__all__ = ["create_app"]

_ROUTERS = (
    "mtpipe.web.health",
    "mtpipe.web.api",
    "mtpipe.web.libretranslate",
    "mtpipe.web.pages",
)


def create_app(settings: ServeSettings | None = None, *, pool: Pool | None = None) -> FastAPI:
    """Make the application.

    Args:
        settings: by default those of the environment and of ``mtpipe.toml``. Then everybody needs
            a key, unless they are open: only the server that runs this knows who can reach it.
        pool: what computes; by default child processes.

    Raises:
        ConfigError: a setting isn't as it should be.
        OutputError: there is no place for jobs and keys.
    """
    if settings is None:
        settings = serve_settings()
        settings = replace(settings, needs_keys=not settings.is_open)
    if pool is None:
        from mtpipe.web.workers.processes import WorkerPool  # noqa: PLC0415 - not for tests' own

        pool = WorkerPool(settings)
    app = FastAPI(
        title="mtpipe",
        version=__version__,
        root_path=settings.root_path,
        lifespan=_lifespan,
        openapi_url=None,  # the API describes its own routes
        docs_url=None,
        redoc_url=None,
    )
    app.state.services = _services(settings, pool)
    for name in ("mtpipe.web.problems", "mtpipe.web.guard"):
        if room := _room(name):
            room.install(app, settings) if name.endswith("guard") else room.install(app)
    for name in _ROUTERS:
        if (room := _room(name)) and hasattr(room, "router"):
            app.include_router(room.router)
    if (pages := _room("mtpipe.web.pages")) and hasattr(pages, "install"):
        pages.install(app)
    return app


def _services(settings: ServeSettings, pool: Pool) -> Services:
    try:
        settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as exc:
        raise OutputError(f"can't make {settings.home}: {exc.strerror}") from exc
    runner: Any = _room("mtpipe.web.jobs.runner")
    metrics = Metrics()
    return Services(
        settings=settings,
        pool=pool,
        translations=Translations(pool, settings, on_batch=metrics.batch),
        jobs=runner.JobRunner(settings, pool) if runner else None,
        keys=KeyStore(settings.home / "keys.sqlite"),
        limits=RateLimits(settings),
        metrics=metrics,
    )


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    services: Services = app.state.services
    await services.pool.start()
    try:
        if services.jobs:
            await services.jobs.start()
        yield
    finally:
        if services.jobs:
            await services.jobs.stop()
        await services.pool.stop()


def _room(name: str):  # type: ignore[no-untyped-def]
    """A room of this package, if it is there yet."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as exc:
        if exc.name and exc.name.startswith("mtpipe.web"):
            return None
        raise
