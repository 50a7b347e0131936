"""How large the head of a request may be, and that its body has one length and an encoding.

uvicorn limits a head that comes in pieces, not one that comes at once.
"""

from python_multipart.multipart import parse_options_header
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from mtpipe.web.charsets import known
from mtpipe.web.problems import Problem

__all__ = ["Heads"]

_ADDRESS_BYTES = 64_000
"""LibreTranslate's clients may have texts in it."""
_HEADER_BYTES = 32_000
_HEADERS = 100
_CLOSE = {"Connection": "close"}


class Heads:
    """ASGI middleware: refuses an address (414) or headers (431) that are too long.

    Args:
        app: what is guarded.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Measure the head, and pass the request on."""
        if scope["type"] == "http":
            headers: list[tuple[bytes, bytes]] = scope["headers"]
            address = scope.get("raw_path") or scope["path"].encode("utf-8", "surrogatepass")
            if len(address) + len(scope.get("query_string", b"")) > _ADDRESS_BYTES:
                raise Problem(414, "the address is too long", headers=_CLOSE)
            size = sum(len(name) + len(value) for name, value in headers)
            if size > _HEADER_BYTES or len(headers) > _HEADERS:
                raise Problem(431, "the headers are too long, or too many", headers=_CLOSE)
            names = {name for name, _ in headers}
            if {b"content-length", b"transfer-encoding"} <= names:
                # A proxy may go by the one and this server by the other.
                raise Problem(400, "a body has a length or comes in chunks", headers=_CLOSE)
            _refuse_charset(Headers(scope=scope).get("content-type"))
        await self._app(scope, receive, send)


def _refuse_charset(content_type: str | None) -> None:
    """Forms are read by the encoding that they state, so it has to be one of texts."""
    stated = parse_options_header(content_type)[1].get(b"charset")
    if stated is not None and known(stated.decode("latin-1")) is None:
        raise Problem(
            415,
            "the body of the request states an encoding that isn't known",
            kind="unknown-charset",
            hint="send it in UTF-8",
            headers=_CLOSE,
        )
