"""How the API's description shows problems (RFC 9457), which all look the same."""

from typing import Any

from pydantic import Field

from mtpipe.web.api.schemas import Answer

__all__ = ["PROBLEM", "HttpProblem", "problems"]

_MEDIA_TYPE = "application/problem+json"

PROBLEM = {"$ref": "#/components/schemas/HttpProblem"}
"""Where the description has the schema."""

_MEANINGS = {
    400: "The body isn't what its content type says.",
    401: "No key, or not a valid one.",
    403: "The key isn't for this.",
    404: "There is no such thing here.",
    408: "The request came too slowly.",
    409: "It isn't in a state that allows this.",
    410: "The last event was sent before.",
    413: "More than is taken in one request; `hint` says what to do instead.",
    414: "An address that is too long.",
    415: "A body of another type than those listed.",
    421: "A name of this server that it doesn't know.",
    422: "A field is missing, unknown or wrong, or what was given can't be worked on.",
    429: "Too many requests; `Retry-After` says when to come back.",
    500: "Something unforeseen; the server's log has more.",
    501: "The server lacks what this needs.",
    503: "Not at the moment: too much is waiting, or a process is starting.",
    504: "It took longer than a request may; make it a job.",
    507: "The disk is full.",
}
_EVERYWHERE = (400, 401, 403, 408, 414, 421, 422, 429, 500, 501, 503, 504, 507)


class FieldProblem(Answer):
    """What is wrong with one field."""

    where: str = Field(examples=["body.texts.0"])
    """The field."""
    message: str
    """What it should be."""


class HttpProblem(Answer):
    """Why there is no answer."""

    type: str = Field(default="about:blank", examples=["about:blank"])
    """A name of the problem for programs."""
    title: str
    """The kind of problem."""
    status: int = Field(ge=400, le=599)
    """The HTTP status."""
    detail: str | None = None
    """What went wrong, in a sentence."""
    hint: str | None = None
    """What repairs it."""
    instance: str | None = None
    """The request's path."""
    errors: list[FieldProblem] | None = None
    """Of 422: what is wrong with which field."""


def problems(*further: int) -> dict[int | str, dict[str, Any]]:
    """The problems of an operation, for FastAPI's ``responses``.

    Args:
        further: statuses besides those that any operation may have.
    """
    return {
        status: {
            "description": _MEANINGS[status],
            "content": {_MEDIA_TYPE: {"schema": PROBLEM}},
        }
        for status in sorted({*_EVERYWHERE, *further})
    }
