"""How templates become pages: in the reader's language, everything escaped and visible."""

from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from markupsafe import escape
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse

from mtpipe import __version__
from mtpipe.report.pages import visible, web_address
from mtpipe.web.pages.texts import Texts, chosen_language, texts_of
from mtpipe.web.paths import asked_address, route_path

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = [
    "LANGUAGE_COOKIE",
    "MOST_BACK_CHARS",
    "STATIC",
    "path_to",
    "redirect",
    "render",
    "static_files",
    "texts_for",
]

LANGUAGE_COOKIE = "mtpipe_language"
MOST_BACK_CHARS = 2_000
"""Of where a link leads back to."""
STATIC = {"page.css": "text/css", "page.js": "text/javascript", "icon.svg": "image/svg+xml"}
"""The pages' own files, by their media types; there are no others."""
_FOLDER = Path(__file__).parent


def texts_for(request: Request) -> Texts:
    """The texts in the reader's language."""
    kept = request.cookies.get(LANGUAGE_COOKIE)
    return texts_of(chosen_language(kept, request.headers.get("accept-language", "")))


def path_to(request: Request, path: str) -> str:
    """A path of ours as a browser has to ask for it, behind a proxy or not."""
    return str(request.scope.get("root_path", "")).rstrip("/") + path


def redirect(request: Request, path: str) -> RedirectResponse:
    """Go on to another page of ours, after a form."""
    return RedirectResponse(path_to(request, path), 303)


def render(
    request: Request, template: str, *, section: str = "", status: int = 200, **values: object
) -> HTMLResponse:
    """Fill a template.

    Args:
        request: whose reader the page is for.
        template: its name.
        section: the menu's entry that it belongs to.
        status: of HTTP.
        **values: that the template names.
    """
    texts = texts_for(request)
    caller = getattr(request.state, "caller", None)
    content = (
        _environment()
        .get_template(template)
        .render(
            t=texts,
            path=lambda path: path_to(request, path),
            static=lambda name: f"{path_to(request, '/ui/static/')}{name}?v={_version(name)}",
            here=route_path(request.scope),
            way_back=_way_back(request),
            section=section,
            signed_in=bool(caller and caller.has_key),
            version=__version__,
            **values,
        )
    )
    # A lone surrogate can't be written in UTF-8; what is visible of it was named before.
    answer = HTMLResponse(content.encode("utf-8", "replace"), status)
    answer.headers["Content-Language"] = texts.language
    answer.headers["Vary"] = "Accept-Language, Cookie"
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _way_back(request: Request) -> str:
    """What to ask for to see a page again, such as in another language.

    What came of a form isn't asked for again; the page of its room is, which has the form. Of an
    address that is too long the query is left out.
    """
    path, mark, query = asked_address(request.scope).partition("?")
    if request.method not in ("GET", "HEAD"):
        path = "/".join(path.split("/")[:3])  # /ui/archive/add -> /ui/archive
    address = f"{path}{mark}{query}"
    return address if len(address) <= MOST_BACK_CHARS else path


@cache
def static_files() -> dict[str, tuple[bytes, str]]:
    """Content and media type of the pages' own files."""
    return {
        name: ((_FOLDER / "static" / name).read_bytes(), media_type)
        for name, media_type in STATIC.items()
    }


@cache
def _version(name: str) -> str:
    """What changes with a file, so that browsers may keep it for ever."""
    return sha256(static_files()[name][0]).hexdigest()[:12]


@cache
def _environment() -> "Environment":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415 - pages only

    environment = Environment(
        loader=FileSystemLoader(_FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        auto_reload=False,  # a running server stays as it is while files are replaced
        trim_blocks=True,
        lstrip_blocks=True,
        # Markup is a str, too: only what a template itself has made safe.
        finalize=lambda value: visible(value) if type(value) is str else value,
    )
    environment.filters["web_address"] = web_address
    # An id that is to come back as it was, whatever characters it has.
    environment.filters["quoted"] = lambda text: quote(text, safe="", errors="surrogatepass")
    # What a reader gave, to be given again: hidden characters are evidence, and stay what they are.
    environment.filters["verbatim"] = escape
    environment.filters["as_query"] = lambda values: urlencode(values, errors="surrogatepass")
    return environment
