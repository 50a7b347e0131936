"""``GET /api/v1/openapi.json``: what the API's own operations take and give.

There is no page for it: the usual ones load scripts from elsewhere, which this server's pages
never do. Any viewer or generator of clients reads the description.
"""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from mtpipe import __version__
from mtpipe.web.api.documented import HttpProblem
from mtpipe.web.api.job_bodies import REQUESTS
from mtpipe.web.paths import root_path

__all__ = ["add_description", "describe"]

_ABOUT = """Translate, align and score texts, detect machine-translated republications, and search
the archive of originals.

What takes longer than a request may is a job: `POST /api/v1/jobs`. Errors are problems of RFC 9457
with a `hint` of what repairs them. Names are those of the command line's JSON."""
_REFERENCE = "#/components/schemas/{model}"


def describe(routes: Any, *, root: str = "") -> dict[str, Any]:
    """The description in OpenAPI 3.1.

    Args:
        routes: of the API.
        root: what a proxy in front strips.
    """
    document = get_openapi(
        title="mtpipe", version=__version__, description=_ABOUT, routes=routes,
        servers=[{"url": root or "/"}],
    )  # fmt: skip
    schemas = document["components"]["schemas"]
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    schemas |= _further([HttpProblem])
    requests = REQUESTS.json_schema(ref_template=_REFERENCE)
    schemas |= requests.pop("$defs")
    schemas["JobRequest"] = requests
    document["components"]["securitySchemes"] = {
        "bearer": {
            "type": "http",
            "scheme": "bearer",
            "description": "A key made by `mtpipe serve --new-key NAME`; none is needed on the loopback.",
        },
        "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
    }
    document["security"] = [{}, {"bearer": []}, {"key": []}]
    return document


def _further(models: list[type[BaseModel]]) -> dict[str, Any]:
    _, found = models_json_schema(
        [(model, "serialization") for model in models], ref_template=_REFERENCE
    )
    return dict(found["$defs"])


def add_description(router: APIRouter) -> None:
    """Have a router give the description of all its operations.

    Args:
        router: of the API, complete.
    """

    @router.get("/openapi.json", include_in_schema=False)
    def openapi(request: Request) -> JSONResponse:  # in a thread: it takes a moment
        state = request.app.state  # it is made once for each application
        if not hasattr(state, "api_description"):
            state.api_description = describe(router.routes, root=root_path(request.scope))
        return JSONResponse(state.api_description)
