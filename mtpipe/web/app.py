"""The application, put together from its rooms; not for what any of them does."""

import importlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from mtpipe import __version__
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
        settings: by default those of the environment and of ``mtpipe.toml``.
        pool: what computes; by default child processes.

    Raises:
        ConfigError: a setting isn't as it should be.
    """
    settings = settings or serve_settings()
    if pool is None:
        from mtpipe.web.workers.processes import WorkerPool  # noqa: PLC0415 - not for tests' own

        pool = WorkerPool(settings)
    app = FastAPI(
        title="mtpipe",
        version=__version__,
        root_path=settings.root_path,
        lifespan=_lifespan,
        docs_url=None,
        redoc_url=None,
    )
    app.state.services = _services(settings, pool)
    for name in ("mtpipe.web.problems", "mtpipe.web.guard"):
        if room := _room(name):
            room.install(app, settings) if name.endswith("guard") else room.install(app)
    for name in _ROUTERS:
        if room := _room(name):
            app.include_router(room.router)
    if pages := _room("mtpipe.web.pages"):
        pages.install(app)
    return app


def _services(settings: ServeSettings, pool: Pool) -> Services:
    runner, keys = _room("mtpipe.web.jobs.runner"), _room("mtpipe.web.guard.keys")
    limits, health = _room("mtpipe.web.guard.limits"), _room("mtpipe.web.health")
    settings.home.mkdir(parents=True, exist_ok=True)
    return Services(
        settings=settings,
        pool=pool,
        translations=Translations(pool, settings),
        jobs=runner.JobRunner(settings, pool) if runner else None,
        keys=keys.KeyStore(settings.home / "keys.sqlite") if keys else None,
        limits=limits.RateLimits(settings) if limits else None,
        metrics=health.Metrics() if health else None,
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
