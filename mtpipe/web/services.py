"""What a request can reach: the workers, jobs, keys, limits and counters of this server."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from fastapi import Request

from mtpipe.web.settings import ServeSettings
from mtpipe.web.workers.coalescing import Translations
from mtpipe.web.workers.pool import Pool

if TYPE_CHECKING:
    from mtpipe.web.guard.keys import KeyStore
    from mtpipe.web.guard.limits import RateLimits
    from mtpipe.web.health import Metrics
    from mtpipe.web.jobs.runner import JobRunner

__all__ = ["Services", "provided", "services"]


@dataclass(slots=True)
class Services:
    """One of each for the whole server; ``app.state.services``."""

    settings: ServeSettings
    pool: Pool
    translations: Translations
    jobs: "JobRunner"
    keys: "KeyStore"
    limits: "RateLimits"
    metrics: "Metrics"


def services(request: Request) -> Services:
    """What the server of a request has."""
    return cast("Services", request.app.state.services)


async def provided(request: Request) -> Services:
    """The same for FastAPI's ``Depends``, which would call a plain function in a thread."""
    return services(request)
