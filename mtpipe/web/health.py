"""Whether the server lives, whether it is ready, and how much it does: for those who run it.

Metrics are in Prometheus's format, in a registry of our own. No label comes from what a client
sends: paths count by their route's template, methods and states are from fixed lists.
"""

import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from mtpipe.errors import MtpipeError
from mtpipe.web.guard.binding import is_loopback
from mtpipe.web.guard.callers import Scope
from mtpipe.web.guard.hosts import name_and_port
from mtpipe.web.problems import Problem
from mtpipe.web.services import Services, services

__all__ = ["Metrics", "router"]

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_SECONDS = (0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_SEGMENTS = (1, 2, 4, 8, 16, 32, 64, 128)
_FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")

router = APIRouter(tags=["health"])
Owned = Annotated[Services, Depends(services)]


class Metrics:
    """Counters of one server."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "mtpipe_requests",
            "Requests that were answered.",
            ["method", "route", "status"],
            registry=self.registry,
        )
        self._seconds = Histogram(
            "mtpipe_request_seconds",
            "From a request to the end of its answer.",
            ["method", "route"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._segments = Histogram(
            "mtpipe_batch_segments",
            "Segments that were decoded together.",
            buckets=_SEGMENTS,
            registry=self.registry,
        )
        self._shared = Counter(
            "mtpipe_batch_requests",
            "Requests with segments in a batch, summed over batches.",
            registry=self.registry,
        )

    def request(self, method: str, route: str | None, status: int, seconds: float) -> None:
        """Count a request.

        Args:
            method: of HTTP.
            route: template of its path; None if it never came to a route.
            status: of the answer; 499 if nobody waited for it.
            seconds: that it took.
        """
        method, route = method if method in _METHODS else "other", route or "none"
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(method, route).observe(seconds)

    def batch(self, segments: int, requests: int) -> None:
        """Count a batch of segments, and how many requests they are of."""
        self._segments.observe(segments)
        self._shared.inc(requests)


@router.api_route("/healthz", methods=["GET", "HEAD"])
async def healthz() -> dict[str, str]:
    """The process lives and answers."""
    return {"status": "ok"}


@router.api_route("/readyz", methods=["GET", "HEAD"])
async def readyz(owned: Owned) -> Response:
    """Whether the server can do what it is for: 503 until it can, with what is missing."""
    checks = {
        "workers": owned.pool.is_ready,
        "jobs": _counts(owned) is not None,
        "archive": _has_archive(owned.settings.archive),
    }
    content = {
        "status": "ready" if all(checks.values()) else "not ready",
        "checks": {name: "ok" if is_ok else "not ready" for name, is_ok in checks.items()},
    }
    if all(checks.values()):
        return JSONResponse(content)
    return JSONResponse(content, 503, {"Retry-After": "2"})


@router.get("/metrics", include_in_schema=False)
async def metrics(request: Request, owned: Owned) -> Response:
    """Counters for Prometheus: to this machine itself, or with a key that is good for everything.

    Raises:
        Problem: 403, it is somebody else.
    """
    caller = request.state.caller
    may = caller is not None and caller.has_key and caller.may(Scope.ALL)
    if not may and not _is_local(request):
        raise Problem(
            403,
            "metrics are for this machine, or for a key of scope all",
            kind="scope-missing",
            hint="mtpipe serve --new-key NAME --scope all",
        )
    # What is read at this moment only; the counters stay in their own registry.
    registry = CollectorRegistry()
    registry.register(_Now(owned, _counts(owned) or {}))
    content = generate_latest(owned.metrics.registry) + generate_latest(registry)
    return Response(content, headers={"Content-Type": CONTENT_TYPE_LATEST})


class _Now(Collector):
    """What the server does while it is asked."""

    def __init__(self, owned: Services, jobs: Mapping[Any, int]) -> None:
        self._load, self._jobs = owned.pool.load(), jobs
        self._refused = owned.limits.refused

    def collect(self) -> Iterator[Metric]:
        """The figures."""
        workers = GaugeMetricFamily("mtpipe_workers", "Processes that compute.", labels=["state"])
        workers.add_metric(["wanted"], self._load.workers)
        workers.add_metric(["ready"], self._load.ready)
        workers.add_metric(["busy"], self._load.busy)
        yield workers
        yield GaugeMetricFamily("mtpipe_orders_waiting", "Orders in queues.", self._load.queued)
        yield CounterMetricFamily("mtpipe_worker_restarts", "Restarts.", self._load.restarts)
        yield CounterMetricFamily("mtpipe_rate_limited", "Refused requests.", self._refused)
        jobs = GaugeMetricFamily("mtpipe_jobs", "Jobs that are kept.", labels=["state"])
        for state, count in self._jobs.items():
            jobs.add_metric([str(state)], count)
        yield jobs


def _counts(owned: Services) -> Mapping[Any, int] | None:
    """How many jobs are in which state; None if that can't be said now."""
    try:
        counts: Mapping[Any, int] = owned.jobs.counts()
    except (MtpipeError, OSError, sqlite3.Error):
        return None
    return counts


def _has_archive(uri: str | None) -> bool:
    """Whether the archive's place is there; what is in another machine's isn't asked."""
    return uri is None or "://" in uri or Path(uri).expanduser().exists()


def _is_local(request: Request) -> bool:
    """Whether a program of this machine asks, and no proxy for somebody else."""
    host = name_and_port(request.headers.get("host", ""))
    return (
        request.client is not None
        and is_loopback(request.client.host)
        and host is not None
        and is_loopback(host[0])
        and not any(name in request.headers for name in _FORWARDED)
    )
