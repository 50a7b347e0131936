"""``POST /translate``: sentences, or one article in any format."""

import json
from enum import StrEnum
from typing import Annotated, Any, Self

from fastapi import APIRouter, Depends
from pydantic import Field

from mtpipe.errors import InputError, UnsupportedDirection
from mtpipe.types import BlockKind, Language
from mtpipe.types.choices import DocumentFormat
from mtpipe.web.api.calls import Calls, Patient
from mtpipe.web.api.documented import problems
from mtpipe.web.api.schemas import (
    MAX_TEXTS,
    NUMBER,
    Answer,
    Article,
    ArticleFailure,
    Asked,
    FlagRecord,
    ModelName,
)
from mtpipe.web.guard.access import needs
from mtpipe.web.guard.callers import Caller, Scope
from mtpipe.web.workers.coalescing import TranslatedSegment

__all__ = ["ArticleFormat", "router"]

router = APIRouter(tags=["translation"])

_Allowed = Annotated[Caller, Depends(needs(Scope.TRANSLATE))]


class TextsToTranslate(Asked):
    """Sentences and headings; texts of several sentences are better given as an article."""

    texts: list[Annotated[str, Field(max_length=20_000)]] = Field(
        min_length=1, max_length=MAX_TEXTS, examples=[["Guten Morgen.", "Der Rat tagte gestern."]]
    )
    """Each is translated as one segment; what has no word in it is copied."""
    source: Language | None = Field(default=None, examples=["de"])
    """Their language; by default that is told from all of them together."""
    target: Language = Field(examples=["en"])
    """Language of the translations."""
    model: ModelName = "auto"
    beam: Annotated[int, Field(ge=1, le=16), NUMBER] = 4
    """Width of the beam search; 1 is greedy."""
    alternatives: Annotated[int, Field(ge=0, le=5), NUMBER] = 0
    """Further translations of each text."""


class TextTranslation(Answer):
    """One text and its translation."""

    source: str
    """As it was given."""
    target: str
    """Its translation."""
    score: float = Field(examples=[-0.31])
    """Natural log-probability per token, at most 0: comparable within one model only."""
    flags: list[FlagRecord]
    """What was wrong with the first translation."""
    alternatives: list[str]
    """The best first; empty unless they were asked for."""


class TextTranslations(Answer):
    """The translations of some texts."""

    source_language: Language
    """Of the texts."""
    language: Language
    """Of the translations."""
    signature: str
    """Of what translated them: model, engine, search."""
    translations: list[TextTranslation]
    """One a text, in their order."""


class ArticleFormat(StrEnum):
    """How a translated article is given: as a record, or as a document of mtpipe's formats."""

    JSON = "json"
    TEXT = "text"
    HTML = "html"
    TSV = "tsv"
    TMX = "tmx"
    XLIFF = "xliff"

    @property
    def document(self) -> DocumentFormat:
        """What workers write."""
        return DocumentFormat.JSONL if self is ArticleFormat.JSON else DocumentFormat(self.value)


class ArticleToTranslate(Asked):
    """One article."""

    article: Article
    """What is to be translated; furniture around it isn't."""
    target: Language = Field(examples=["en"])
    """Language of the translation."""
    model: ModelName = "auto"
    format: ArticleFormat = ArticleFormat.JSON
    """`json` fills `translation`, any other `content`; `html` keeps links and emphasis."""


class SentenceRecord(Answer):
    """A sentence and its translation; offsets are into `source` of its paragraph."""

    source: str
    """The sentence."""
    target: str
    """Its translation."""
    start: int
    """Offset of its first character."""
    end: int
    """Offset behind its last character."""
    score: float
    """Natural log-probability per token, at most 0."""
    estimates: dict[str, float] | None = None
    """Estimates of its quality by name."""
    flags: list[FlagRecord] | None = None
    """What was wrong with its first translation; left out if nothing was."""


class ParagraphRecord(Answer):
    """A block of the article and its translation."""

    kind: BlockKind
    """What it is."""
    text: str
    """The translation."""
    source: str
    """The block as it was read."""
    source_language: str | None = None
    """Where it is in another language than the article."""
    sentences: list[SentenceRecord]
    """Empty where it stayed as it was."""


class FurnitureRecord(Answer):
    """What stood around the article, untranslated."""

    kind: BlockKind
    """What it is."""
    text: str
    """As it was read."""
    index: int
    """Its place in reading order, counted over the whole page."""


class TranslationRecord(Answer):
    """A translated article, as in the JSON lines of `mtpipe translate`."""

    id: str
    """Of the article."""
    sha256: str
    """Digest of everything that was read of it."""
    signature: str
    """Of what translated it: model, engine, search."""
    path: str
    """Where it was read from."""
    source_language: Language
    """Of the article."""
    language: Language
    """Of the translation."""
    title: str
    """Its translated title, or empty."""
    metadata: dict[str, Any]
    """What the page says about itself."""
    paragraphs: list[ParagraphRecord]
    """Title and body in reading order."""
    furniture: list[FurnitureRecord]
    """The rest of the page."""


class ArticleTranslation(Answer):
    """A translated article in the format that was asked for."""

    translation: TranslationRecord | None = None
    """The record; only of the format `json`."""
    content: str | None = None
    """The document; of any other format."""
    media_type: str
    """Of the format."""
    flagged: int
    """Sentences whose first translation had a problem."""
    failures: list[ArticleFailure]
    """Empty, since what can't be translated is a problem."""

    @classmethod
    def of(cls, answer: dict[str, Any], form: ArticleFormat) -> Self:
        """Made of what a worker answers."""
        common = {name: answer[name] for name in ("flagged", "failures")}
        if form is not ArticleFormat.JSON:
            return cls(content=answer["content"], media_type=answer["media_type"], **common)
        record = json.loads(answer["content"].splitlines()[0])
        return cls(translation=record, media_type="application/json", **common)


@router.post("/translate", summary="Translate sentences", responses=problems(413))
async def translate(asked: TextsToTranslate, calls: Patient, caller: _Allowed) -> TextTranslations:
    """Translate sentences and headings, each as one segment.

    Requests that arrive together are decoded together; each gets what it would get alone.
    """
    calls.admit(asked, caller)
    source = asked.source or await _identified(asked, calls)
    if source is asked.target:
        raise UnsupportedDirection(
            f"source and target language are both {source.value}", hint="give another target"
        )
    found: list[TranslatedSegment] = await calls.waited_for(
        calls.services.translations.translate(
            asked.texts,
            source=source.value,
            target=asked.target.value,
            model=None if asked.model == "auto" else asked.model,
            beam=asked.beam,
            alternatives=asked.alternatives,
        )
    )
    return TextTranslations(
        source_language=source,
        language=asked.target,
        signature=found[0].signature,
        translations=[
            TextTranslation(
                source=text,
                target=each.text,
                score=each.score,
                flags=[FlagRecord.of(*flag) for flag in each.flags],
                alternatives=list(each.alternatives),
            )
            for text, each in zip(asked.texts, found, strict=True)
        ],
    )


@router.post(
    "/translate/article",
    summary="Translate an article",
    responses=problems(413),
    response_model_exclude_unset=True,
)
async def translate_article(
    asked: ArticleToTranslate, calls: Patient, caller: _Allowed
) -> ArticleTranslation:
    """Translate one article: a text, a page with its links and emphasis, or an address.

    Evident mistakes are decoded again in other ways, and flagged.
    """
    calls.admit(asked, caller)
    answer = await calls.task(
        "translate_articles",
        {
            "sources": [asked.article.source()],
            "source": asked.article.language and asked.article.language.value,
            "target": asked.target.value,
            "model": None if asked.model == "auto" else asked.model,
            "form": asked.format.document.value,
            "markup": asked.format is ArticleFormat.HTML,
        },
    )
    if not answer["articles"]:
        raise InputError(_first_error(answer["failures"]))
    return ArticleTranslation.of(answer, asked.format)


async def _identified(asked: TextsToTranslate, calls: Calls) -> Language:
    [found] = await calls.task("identify", {"texts": ["\n".join(asked.texts)]})
    return Language.parse(found["language"])


def _first_error(failures: list[dict[str, Any]]) -> str:
    return str(failures[0]["error"]) if failures else "there is nothing to translate in this"
