"""What a job's work has at hand: the tools of the worker, the job's folder and its request."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from mtpipe.errors import InputError, MtpipeError
from mtpipe.types import Failure
from mtpipe.web.jobs.folder import JobFolder
from mtpipe.web.jobs.reading import Given
from mtpipe.web.wording import error_of
from mtpipe.web.workers.pool import OnProgress
from mtpipe.web.workers.tools import Tools

__all__ = ["MOST_SHOWN", "Order", "failures_shown", "require_something"]

MOST_SHOWN = 50
"""Failures, or rows, that a summary has; files have all."""


@dataclass(frozen=True, slots=True)
class Order:
    """A job to be done.

    Attributes:
        tools: of the worker.
        folder: of the job.
        request: as :mod:`mtpipe.web.jobs.requests` keeps it.
        progress: gets how many are done, of how many, and a note.
        is_small: whether it is done among short requests, with what these have loaded.
    """

    tools: Tools
    folder: JobFolder
    request: Mapping[str, Any]
    progress: OnProgress
    is_small: bool = False

    def given(self, name: str) -> Given:
        """One or several sources of the request."""
        sources = self.request[name]
        return self.of(sources if isinstance(sources, list) else [sources])

    def of(self, sources: Sequence[Mapping[str, Any]]) -> Given:
        """What some sources hold."""
        return Given(self.folder, sources, self.tools.settings.allow_fetch)

    @contextmanager
    def in_its_own_words(self) -> Iterator[None]:
        """Errors say which upload they mean, never where it lies."""
        try:
            yield
        except MtpipeError as exc:
            self.of(list(_sources(self.request))).unnamed(exc)
            raise


def failures_shown(failures: Sequence[Failure]) -> dict[str, Any]:
    """The failures as a summary has them."""
    return {
        "failed": len(failures),
        "failures": [
            {"id": each.article_id, "stage": each.stage, "error": each.error}
            for each in failures[:MOST_SHOWN]
        ],
    }


def require_something(done: int, failures: Sequence[Failure]) -> None:
    """A job of which nothing could be done has failed.

    Raises:
        InputError: that is so; with the first reason.
    """
    if done:
        return
    if not failures:
        raise InputError("there is no article in what was handed in")
    error = error_of(failures[0], failures[0].article_id)
    if len(failures) > 1:
        error = InputError(f"none of {len(failures)} articles could be used; {error.message}")
    raise error


def _sources(value: object) -> Iterator[Mapping[str, Any]]:
    """All sources of a request, wherever they stand in it."""
    if isinstance(value, Mapping):
        if "file" in value:
            yield value
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from _sources(one)
