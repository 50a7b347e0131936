"""LibreTranslate's operations, at its paths and with its answers.

Written from its documentation and from what its clients send and read; see ``docs/serve.md`` for
what differs. Refusals are ``{"error": ...}``, see :mod:`mtpipe.web.problems`.
"""

from collections.abc import Sequence
from typing import Annotated, Any, cast

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse

from mtpipe.types import Direction, Language
from mtpipe.web.api.calls import Patient
from mtpipe.web.guard.access import Scope, with_key
from mtpipe.web.libretranslate.files import FORMATS
from mtpipe.web.libretranslate.languages import (
    Detected,
    KnownLanguages,
    Languages,
    detect,
    overall,
)
from mtpipe.web.libretranslate.parameters import (
    TranslateOrder,
    key_of,
    parameters,
    texts_of,
    translate_order,
)
from mtpipe.web.libretranslate.translating import (
    Page,
    Translated,
    cut_pages,
    translate_pages,
    translate_texts,
    visible_texts,
)
from mtpipe.web.problems import Problem
from mtpipe.web.services import Services, services

__all__ = ["known_languages", "router"]

router = APIRouter(include_in_schema=False)

_Services = Annotated[Services, Depends(services)]


async def known_languages(request: Request) -> Languages:
    """What is translated here.

    Raises:
        MtpipeError: see :meth:`mtpipe.web.workers.pool.Pool.call`.
    """
    state = request.app.state
    if not hasattr(state, "known_languages"):
        state.known_languages = KnownLanguages()
    known = cast("KnownLanguages", state.known_languages)
    return await known.get(services(request).pool)


@router.get("/languages")
async def list_languages(request: Request) -> JSONResponse:
    """The languages, and into which each is translated."""
    return JSONResponse((await known_languages(request)).as_listed())


@router.post("/translate")
async def translate(request: Request, calls: Patient) -> JSONResponse:
    """Translate a text or several."""
    owned = calls.services
    fields = await parameters(request, owned.settings)
    caller = with_key(request, key_of(fields), Scope.TRANSLATE)
    order = translate_order(fields, owned.settings)
    owned.limits.characters(caller, sum(map(len, order.texts)))
    return JSONResponse(await calls.waited_for(_answer(request, owned, order)))


@router.post("/detect")
async def detect_language(request: Request, calls: Patient) -> JSONResponse:
    """The languages that a text may be in; of several texts, those of all of them together."""
    owned = calls.services
    fields = await parameters(request, owned.settings)
    caller = with_key(request, key_of(fields), Scope.TRANSLATE)
    texts, _ = texts_of(fields, owned.settings)
    owned.limits.characters(caller, sum(map(len, texts)))
    known = await known_languages(request)
    found = await calls.waited_for(overall(owned.pool, "\n".join(texts), known))
    return JSONResponse([_as_record(one) for one in found])


@router.get("/health")
async def health() -> JSONResponse:
    """That the server answers."""
    return JSONResponse({"status": "ok"})


@router.get("/frontend/settings")
async def frontend_settings(request: Request, owned: _Services) -> JSONResponse:
    """What a page in front of this server has to know."""
    known = await known_languages(request)
    target = next(iter(known.targets), Language.EN)
    settings = owned.settings
    return JSONResponse(
        {
            "charLimit": settings.max_text_chars,
            "frontendTimeout": 500,
            "apiKeys": settings.needs_keys,
            "keyRequired": settings.needs_keys,
            "suggestions": False,
            "filesTranslation": True,
            "supportedFilesFormat": list(FORMATS),
            "language": {
                "source": {"code": "auto", "name": "Auto Detect"},
                "target": {"code": target.value, "name": target.english_name},
            },
        }
    )


@router.post("/suggest")
async def suggest() -> JSONResponse:
    """Better translations aren't collected, as with LibreTranslate unless it is told to."""
    raise Problem(403, "Suggestions are disabled on this server.")


async def _answer(request: Request, owned: Services, order: TranslateOrder) -> dict[str, Any]:
    known = await known_languages(request)
    pages = await cut_pages(owned, order.texts) if order.is_html else None
    visible = visible_texts(pages) if pages is not None else order.texts
    detected = await _sources(owned, order, visible, known)
    target = known.source(order.target)
    ways = [_way(known, one, target, is_alone=len(order.texts) == 1) for one in detected]
    found = await _translated(owned, order, pages, ways)
    answer: dict[str, Any] = {"translatedText": [one.text for one in found]}
    if order.source == "auto":
        answer["detectedLanguage"] = [_as_record(one) for one in detected]
    if order.alternatives:
        answer["alternatives"] = [list(one.alternatives) for one in found]
    return answer if order.is_batch else {name: values[0] for name, values in answer.items()}


async def _sources(
    owned: Services, order: TranslateOrder, visible: Sequence[str], known: Languages
) -> list[Detected]:
    if order.source == "auto":
        return await detect(owned.pool, visible, known)
    return [Detected(known.source(order.source).value, 100.0)] * len(visible)


def _way(
    known: Languages, detected: Detected, target: Language, *, is_alone: bool
) -> Direction | None:
    """The direction of a text; None where it stays as it is.

    Raises:
        Problem: it can't be translated. Of several texts, one in a language that is nobody's here
            doesn't spoil the others.
    """
    try:
        source = known.source(detected.language)
    except Problem:
        if is_alone:
            raise
        return None
    return known.direction(source, target)


async def _translated(
    owned: Services,
    order: TranslateOrder,
    pages: Sequence[Page] | None,
    ways: Sequence[Direction | None],
) -> list[Translated]:
    """The translation of each text; those of one direction are translated together."""
    found = [Translated(text) for text in order.texts]
    for way in dict.fromkeys(filter(None, ways)):
        places = [place for place, own in enumerate(ways) if own == way]
        if pages is not None:
            html = await translate_pages(owned, [pages[place] for place in places], way)
            done = [Translated(page) for page in html]
        else:
            texts = [order.texts[place] for place in places]
            done = await translate_texts(owned, texts, way, alternatives=order.alternatives)
        for place, one in zip(places, done, strict=True):
            found[place] = one
    return found


def _as_record(detected: Detected) -> dict[str, Any]:
    return {"confidence": detected.confidence, "language": detected.language}
