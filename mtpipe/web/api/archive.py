"""``/archive``: the server's originals, and a search for those of a candidate."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from pydantic import Field

from mtpipe.types import Language
from mtpipe.web.api.calls import Calls, Patient
from mtpipe.web.api.detect import WithinDays
from mtpipe.web.api.documented import problems
from mtpipe.web.api.errors import not_found
from mtpipe.web.api.paging import Limit, next_page
from mtpipe.web.api.schemas import MAX_TEXTS, NUMBER, Answer, Article, ArticleFailure, Asked
from mtpipe.web.guard.access import needs
from mtpipe.web.guard.callers import Caller, Scope

__all__ = ["router"]

router = APIRouter(prefix="/archive", tags=["archive"])

_Reader = Annotated[Caller, Depends(needs(Scope.ARCHIVE_READ))]
_Writer = Annotated[Caller, Depends(needs(Scope.ARCHIVE_WRITE))]
_Id = Annotated[str, Field(min_length=1, max_length=2000)]


async def _archive(calls: Patient) -> Calls:
    """Only servers that have an archive get further."""
    if calls.services.settings.archive is None:
        raise not_found("this server has no archive")
    return calls


_Archive = Annotated[Calls, Depends(_archive)]


class ArchiveFigures(Answer):
    """What is in the archive."""

    articles: int
    """In all."""
    sentences: int
    """In all."""
    languages: dict[str, int]
    """Articles of each language."""
    first: str
    """Earliest day of publication, in ISO 8601; empty if none is stated."""
    last: str
    """Latest such day."""
    undated: int
    """Articles that state none."""
    size_bytes: int | None
    """On disk; null in object storage."""
    is_indexed: bool
    """Whether it is searched by an index; else exactly."""
    shards: int
    """Parts that it is in; 0 if it isn't in shards."""
    encoder: str
    """That made its vectors."""
    encoder_sha256: str
    """Of that encoder."""
    version: str
    """Of mtpipe that made it."""


class ListedArticle(Answer):
    """An article without its text."""

    id: str
    """Of the article."""
    language: str
    """Of the article."""
    published: str
    """Its day in ISO 8601, or empty."""
    title: str
    """Or empty."""
    address: str
    """Or empty."""
    sentences: int
    """That it has."""
    sha256: str
    """Of its content."""


class ListedArticles(Answer):
    """A page of the archive's articles."""

    articles: list[ListedArticle]
    """By id."""
    next: str | None
    """Address of the next page; null on the last."""


class ArticlesToAdd(Asked):
    """Articles for the archive; many, or long ones, are better added by a job."""

    articles: list[Article] = Field(min_length=1, max_length=100)
    """Replace those of the same id; what is there already isn't added again."""


class AddedArticles(Answer):
    """What became of them."""

    added: int
    """New ones."""
    replaced: int
    """That have changed."""
    skipped: int
    """There already, be it under another id."""
    sentences: int
    """Of those added and replaced."""
    failures: list[ArticleFailure]
    """What couldn't be added."""


class RemovedArticles(Answer):
    """What was removed."""

    removed: list[str]
    """Ids."""


class CandidateToFind(Asked):
    """An article whose originals are wanted."""

    candidate: Article
    """The article."""
    limit: Annotated[int, Field(ge=1, le=100), NUMBER] = 5
    """Originals at most."""
    min_score: Annotated[float, Field(ge=0, le=1), NUMBER] = 0.0
    """What scores less is left out."""
    language: Language | None = None
    """Only originals in it."""
    within_days: WithinDays = None


class OriginalRecord(Answer):
    """An article that the candidate may come from."""

    id: str
    """Of the article."""
    language: Language
    """Of the article."""
    score: float
    """Share of the candidate that is found again, 0 to 1."""
    votes: int
    """Sentences of the candidate that certainly speak for it."""
    sentences: int
    """That the candidate has."""
    published: str
    """As stated, or empty."""
    title: str
    """Or empty."""
    address: str
    """Or empty."""
    shared: list[str]
    """Names and numbers that both have, as the candidate writes them."""


class FoundOriginals(Answer):
    """Originals of a candidate."""

    id: str
    """Of the candidate."""
    language: Language
    """Of the candidate."""
    title: str
    """Of the candidate, or empty."""
    originals: list[OriginalRecord]
    """The best first."""


@router.get("", summary="Count what is in the archive", responses=problems(404))
async def archive_figures(archive: _Archive, _caller: _Reader) -> ArchiveFigures:
    """Count articles and sentences, and say what made the archive."""
    return ArchiveFigures(**await archive.task("archive_statistics", {}))


@router.get("/articles", summary="List the archive's articles", responses=problems(404))
async def list_articles(
    request: Request,
    archive: _Archive,
    _caller: _Reader,
    containing: Annotated[
        str, Query(max_length=200, description="Only those with these words, in any case.")
    ] = "",
    language: Annotated[Language | None, Query(description="Only those in it.")] = None,
    after: Annotated[
        str | None, Query(max_length=2000, description="From the `next` of the page before.")
    ] = None,
    limit: Limit = 50,
) -> ListedArticles:
    """List articles without their text, a page at a time."""
    answer = await archive.task(
        "archive_list",
        {
            "containing": containing,
            "language": language and language.value,
            "after": after,
            "limit": limit,
        },
    )
    return ListedArticles(articles=answer["articles"], next=next_page(request, answer["next"]))


@router.post("/articles", summary="Add articles", responses=problems(404, 413))
async def add_articles(asked: ArticlesToAdd, archive: _Archive, caller: _Writer) -> AddedArticles:
    """Add articles to the archive."""
    archive.admit(asked, caller)
    answer = await archive.task(
        "archive_add", {"sources": [article.source() for article in asked.articles]}
    )
    return AddedArticles(**answer)


@router.delete("/articles", summary="Remove articles", responses=problems(404))
async def remove_articles(
    archive: _Archive,
    _caller: _Writer,
    id: Annotated[  # noqa: A002 - the parameter's name
        list[_Id],
        Query(min_length=1, max_length=MAX_TEXTS, description="Of an article; may recur."),
    ],
) -> RemovedArticles:
    """Remove articles from the archive."""
    removed = (await archive.task("archive_remove", {"ids": id}))["removed"]
    if not removed:
        raise not_found("none of these articles is in the archive")
    return RemovedArticles(removed=removed)


@router.post(
    "/search",
    summary="Find a candidate's originals",
    responses=problems(404, 413),
    response_model=FoundOriginals,
)
async def find_originals(
    asked: CandidateToFind, archive: _Archive, caller: _Reader
) -> dict[str, Any]:
    """Find the articles that a candidate may come from; whether it does is told by `/detect`."""
    archive.admit(asked, caller)
    found: dict[str, Any] = await archive.task(
        "archive_find",
        {
            "candidate": asked.candidate.source(),
            "limit": asked.limit,
            "min_score": asked.min_score,
            "language": asked.language and asked.language.value,
            "within_days": asked.within_days,
        },
    )
    return found
