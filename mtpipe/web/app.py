"""The application, put together from its rooms; not for what any of them does."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from fastapi import FastAPI

from mtpipe import __version__
from mtpipe.errors import OutputError
from mtpipe.web import api, guard, health, libretranslate, pages, problems
from mtpipe.web.guard.keys import KeyStore
from mtpipe.web.guard.limits import RateLimits
from mtpipe.web.health import Metrics
from mtpipe.web.jobs.runner import JobRunner
from mtpipe.web.services import Services
from mtpipe.web.settings import ServeSettings, serve_settings
from mtpipe.web.workers.coalescing import Translations
from mtpipe.web.workers.pool import Pool
from mtpipe.web.workers.processes import WorkerPool

__all__ = ["create_app"]


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
    app = FastAPI(
        title="mtpipe",
        version=__version__,
        lifespan=_lifespan,
        openapi_url=None,  # the API describes its own routes
        docs_url=None,
        redoc_url=None,
    )
    app.root_path = settings.root_path  # given above it would be one of the description's servers
    app.state.services = _services(settings, pool or WorkerPool(settings))
    problems.install(app)
    guard.install(app, settings)
    for room in (health, api, libretranslate, pages):
        app.include_router(room.router)
    pages.install(app)
    return app


def _services(settings: ServeSettings, pool: Pool) -> Services:
    try:
        settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as exc:
        raise OutputError(f"can't make {settings.home}: {exc.strerror}") from exc
    metrics = Metrics()
    return Services(
        settings=settings,
        pool=pool,
        translations=Translations(pool, settings, on_batch=metrics.batch),
        jobs=JobRunner(settings, pool),
        keys=KeyStore(settings.home / "keys.sqlite"),
        limits=RateLimits(settings),
        metrics=metrics,
    )


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Start what computes and what gives it jobs; at the end the other way round."""
    services: Services = app.state.services
    await services.pool.start()
    try:
        await services.jobs.start()
        try:
            yield
        finally:
            await services.jobs.stop()
    finally:
        await services.pool.stop()
