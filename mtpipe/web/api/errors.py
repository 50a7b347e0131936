"""The problems that only requests over HTTP can have."""

from mtpipe.web.problems import Problem

__all__ = [
    "client_gone",
    "conflict",
    "forbidden",
    "no_more",
    "not_found",
    "too_long",
    "unsupported_body",
]


def not_found(what: str) -> Problem:
    """There is no such thing, or it is somebody else's."""
    return Problem(404, what, kind="not-found")


def conflict(what: str, *, hint: str) -> Problem:
    """It isn't in a state that allows this."""
    return Problem(409, what, kind="conflict", hint=hint)


def forbidden(scope: str) -> Problem:
    """The key isn't for this."""
    return Problem(403, f"this key isn't good for {scope}", kind="scope-missing")


def no_more() -> Problem:
    """The last event of a stream was sent before."""
    return Problem(410, "there are no further events", kind="stream-over")


def too_long(chars: int, limit: int) -> Problem:
    """More than is computed while a client waits."""
    return Problem(
        413,
        f"{chars:,} characters are more than the {limit:,} of a request that is waited for",
        kind="too-long",
        hint="make it a job: POST /api/v1/jobs",
    )


def unsupported_body(given: str) -> Problem:
    """Neither JSON nor a form with files."""
    return Problem(
        415,
        f"a body of the type {given or '(none)'} can't be read",
        kind="unsupported-body",
        hint="send application/json, or multipart/form-data with the field `request` and files",
    )


def client_gone() -> Problem:
    """Nobody waits for the answer; the status is for the log, as nginx has it."""
    return Problem(499, "the client has gone", kind="client-gone")
