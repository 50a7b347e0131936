"""What an answer tells the browser about what it may do with it.

Our pages have their own scripts, styles and pictures and nothing else; nothing but those is kept
in caches; no other site may show or read them. Reports and downloads contain what others wrote:
they are shut in, without scripts, without our cookie, and downloads aren't shown at all.
"""

import re
import unicodedata
from urllib.parse import quote

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mtpipe.web.paths import Room, room_of

__all__ = ["Headers", "attachment", "report_headers"]

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; frame-src 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
_REPORT_POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'"
)
_DOWNLOAD_POLICY = "sandbox; default-src 'none'; frame-ancestors 'none'"
_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    # Not no-referrer: browsers would then send forms with "Origin: null", and over plain HTTP
    # nothing else tells our own forms from others'.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
_UNSAFE = re.compile(r'[\x00-\x1f\x7f"*/:<>?\\|]')
_MOST_BYTES = 180


class Headers:
    """ASGI middleware: the headers of every answer, refusals included.

    Args:
        app: what answers.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and complete its answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_static = room_of(scope) is Room.STATIC

        async def completed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _ALWAYS.items():
                    headers[name] = value
                headers.setdefault("Content-Security-Policy", PAGE_POLICY)
                if not is_static or message["status"] >= 400:
                    headers["Cache-Control"] = "no-store"
            await send(message)

        await self._app(scope, receive, completed)


def report_headers() -> dict[str, str]:
    """For a report of ours in HTML, which has its own styles and quotes pages of strangers."""
    return {"Content-Security-Policy": _REPORT_POLICY}


def attachment(name: str) -> dict[str, str]:
    """For a file to be saved, never shown.

    Args:
        name: that the file is to have; anything that could be a folder or another header is
            taken out.
    """
    kept = "".join(
        c for c in name if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")
    )
    kept = _UNSAFE.sub("_", kept).strip(". ")
    kept = kept.encode()[-_MOST_BYTES:].decode(errors="ignore").lstrip(". ") or "file"
    plain = unicodedata.normalize("NFKD", kept).encode("ascii", "ignore").decode()
    plain = _UNSAFE.sub("_", plain).strip(". ")  # once more: wide quotes have become quotes
    value = f'attachment; filename="{plain or "file"}"'
    if plain != kept:
        value += f"; filename*=UTF-8''{quote(kept, safe='')}"
    return {"Content-Disposition": value, "Content-Security-Policy": _DOWNLOAD_POLICY}
