"""The archive's pages: what is in it, search by words, adding and removing."""

from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import unquote

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from mtpipe.errors import InputError
from mtpipe.web.guard.access import needs
from mtpipe.web.guard.callers import Caller, Scope
from mtpipe.web.jobs.job import JobKind
from mtpipe.web.pages.given import NotGiven, SentForm, given, kept_fields, text_of
from mtpipe.web.pages.rendering import render, texts_for
from mtpipe.web.pages.submitting import Owned, problem_text, submitted
from mtpipe.web.pages.texts import LANGUAGES
from mtpipe.web.problems import Problem
from mtpipe.web.services import Services

__all__ = ["router"]

router = APIRouter(include_in_schema=False)

_LIST_LIMIT = 50
_MOST_ID_CHARS = 2_000
_Reader = Annotated[Caller, Depends(needs(Scope.ARCHIVE_READ))]
_Writer = Annotated[Caller, Depends(needs(Scope.ARCHIVE_WRITE))]


@router.get("/ui/archive")
async def archive_page(
    request: Request,
    owned: Owned,
    caller: _Reader,
    words: Annotated[str, Query(max_length=200)] = "",
    language: Annotated[str, Query(max_length=5)] = "",
    after: Annotated[str, Query(max_length=_MOST_ID_CHARS)] = "",
) -> Response:
    """What is in the archive."""
    sought = {"words": words, "language": language, "after": after}
    return await _page(request, owned, caller, sought)


@router.post("/ui/archive/add")
async def add_articles(request: Request, owned: Owned, caller: _Writer, form: SentForm) -> Response:
    """Add what the form has."""
    _require_archive(owned)
    fields = kept_fields(form)
    try:
        taken = await given(form, "articles", owned.settings, many=True)
    except NotGiven as exc:
        problems = {"articles": problem_text(request, exc)}
        return await _page(request, owned, caller, {}, fields, problems)
    refused: list[str] = []

    def again(problem: str) -> Response:
        refused.append(problem)
        return Response()

    wanted = {"sources": list(taken.sources)}
    answer = await submitted(request, owned, caller, JobKind.ARCHIVE_ADD, wanted, [taken], again)
    if refused:
        return await _page(request, owned, caller, {}, fields, {"articles": refused[0]})
    return answer


@router.get("/ui/archive/remove")
async def remove_page(
    request: Request,
    owned: Owned,
    _: _Writer,
    id: Annotated[str, Query(max_length=_MOST_ID_CHARS)],  # noqa: A002 - as in the address
) -> Response:
    """Ask whether an article is really to be removed."""
    _require_archive(owned)
    return render(request, "archive_remove.html.j2", section="archive", id=id)


@router.post("/ui/archive/remove")
async def remove_article(
    request: Request, owned: Owned, caller: _Writer, form: SentForm
) -> Response:
    """Remove an article, and show the others."""
    _require_archive(owned)
    wanted = unquote(text_of(form, "id"), errors="surrogatepass")
    if not wanted:
        raise Problem(422, "there is no article named")
    answer = await owned.pool.call("archive_remove", {"ids": [wanted]})
    key = "archive.removed" if wanted in answer["removed"] else "archive.not_there"
    done = texts_for(request)(key, id=wanted)
    return await _page(request, owned, caller, {}, done=done)


async def _page(
    request: Request,
    owned: Services,
    caller: Caller,
    sought: Mapping[str, str],
    fields: Mapping[str, str] | None = None,
    problems: Mapping[str, str] | None = None,
    *,
    done: str = "",
) -> Response:
    language = sought.get("language", "")
    wanted = {
        "words": sought.get("words", "").strip(),
        "language": language if language in LANGUAGES else "",
        "after": sought.get("after", ""),
    }
    has_archive = owned.settings.archive is not None
    found = await _found(owned, wanted) if has_archive else {}
    return render(
        request,
        "archive.html.j2",
        section="archive",
        status=422 if problems else 200,
        has_archive=has_archive,
        can_write=caller.may(Scope.ARCHIVE_WRITE),
        allow_fetch=owned.settings.allow_fetch,
        statistics=found.get("statistics"),
        articles=found.get("articles") or [],
        next=found.get("next"),
        given=fields or {},
        problems=problems or {},
        done=done,
        **wanted,
    )


async def _found(owned: Services, wanted: Mapping[str, str]) -> dict[str, Any]:
    """Figures and articles; nothing of an archive that isn't there before its first article is."""
    seconds = float(owned.settings.request_seconds)
    try:
        statistics = await owned.pool.call("archive_statistics", {}, timeout_s=seconds)
        listed = await owned.pool.call(
            "archive_list",
            {
                "language": wanted["language"] or None,
                "containing": wanted["words"],
                "after": wanted["after"] or None,
                "limit": _LIST_LIMIT,
            },
            timeout_s=seconds,
        )
    except InputError:
        return {}
    return {"statistics": statistics, **listed}


def _require_archive(owned: Services) -> None:
    if owned.settings.archive is None:
        raise Problem(
            404,
            "this server has no archive",
            kind="no-archive",
            hint="mtpipe serve --archive FOLDER",
        )
