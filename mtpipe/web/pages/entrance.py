"""What isn't a tool's page: the start, signing in and out, the language, the pages' own files."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from mtpipe.web.guard.sessions import safe_next, sign_in, sign_out
from mtpipe.web.pages.given import SentForm, text_of
from mtpipe.web.pages.rendering import (
    LANGUAGE_COOKIE,
    MOST_BACK_CHARS,
    path_to,
    redirect,
    render,
    static_files,
    texts_for,
)
from mtpipe.web.pages.texts import LANGUAGES
from mtpipe.web.problems import Problem

__all__ = ["router"]

router = APIRouter(include_in_schema=False)

_YEAR_S = 365 * 24 * 3600
_SIGN_IN = "/ui/sign-in"


@router.get("/")
@router.get("/ui")
@router.get("/ui/")
async def start(request: Request) -> Response:
    """The first page is the one to examine pages with."""
    return redirect(request, "/ui/detect")


@router.get("/ui/static/{name}")
async def static_file(name: str) -> Response:
    """One of the pages' own files."""
    if name not in static_files():
        raise Problem(404, "there is no such file")
    content, media_type = static_files()[name]
    kept = {"Cache-Control": "public, max-age=31536000, immutable"}  # the address has its hash
    return Response(content, media_type=media_type, headers=kept)


@router.get("/ui/language/{code}")
async def language(
    request: Request, code: str, back: Annotated[str, Query(max_length=MOST_BACK_CHARS)] = ""
) -> Response:
    """Keep a language, and go back to where it was chosen."""
    if code not in LANGUAGES:
        raise Problem(404, "there is no such language")
    to = back if back.partition("?")[0] == _SIGN_IN else safe_next(back)
    answer: RedirectResponse = redirect(request, to)
    answer.set_cookie(
        LANGUAGE_COOKIE,
        code,
        max_age=_YEAR_S,
        path=path_to(request, "/ui"),
        httponly=True,
        samesite="lax",
    )
    return answer


@router.get("/ui/sign-in")
async def sign_in_page(
    request: Request,
    next: Annotated[str, Query(max_length=2_000)] = "",  # noqa: A002 - as in the address
) -> Response:
    """The form for a key."""
    return render(request, "sign_in.html.j2", next=safe_next(next), problem="")


@router.post("/ui/sign-in")
async def sign_in_with_key(request: Request, form: SentForm) -> Response:
    """Sign in with a key, and go on to the page that was wanted."""
    try:
        return sign_in(request, text_of(form, "key"))
    except Problem as exc:
        if exc.status_code != 401:
            raise
        wanted = safe_next(request.query_params.get("next", ""))
        problem = texts_for(request)("sign_in.wrong")
        return render(request, "sign_in.html.j2", status=401, next=wanted, problem=problem)


@router.post("/ui/sign-out")
async def sign_out_of_pages(request: Request) -> Response:
    """Sign out."""
    return sign_out(request)
