"""Files sent to be translated, and fetched when they are."""

import asyncio
from typing import Annotated, cast

from fastapi import APIRouter, Depends, Request
from fastapi.responses import FileResponse, JSONResponse

from mtpipe.types import Direction, Language
from mtpipe.web.api.calls import Patient
from mtpipe.web.guard.access import Scope, with_key
from mtpipe.web.guard.headers import attachment
from mtpipe.web.libretranslate.files import FORMATS, TranslatedFiles, encoded, suffix_of
from mtpipe.web.libretranslate.languages import Languages, detect
from mtpipe.web.libretranslate.parameters import key_of, named, parameters, upload_of
from mtpipe.web.libretranslate.routes import known_languages
from mtpipe.web.libretranslate.subtitles import read_subtitles
from mtpipe.web.libretranslate.translating import (
    cut_pages,
    translate_pages,
    translate_texts,
    visible_texts,
)
from mtpipe.web.problems import Problem
from mtpipe.web.services import Services, services

__all__ = ["router"]

router = APIRouter(include_in_schema=False)

_FILE_SECONDS = 600.0
"""That a file may take. A longer one is a job of the other API."""


def _files(request: Request) -> TranslatedFiles:
    state = request.app.state
    if not hasattr(state, "translated_files"):
        folder = services(request).settings.home / "translated_files"
        state.translated_files = TranslatedFiles(folder)
    return cast("TranslatedFiles", state.translated_files)


@router.post("/translate_file")
async def translate_file(
    request: Request, calls: Patient, files: Annotated[TranslatedFiles, Depends(_files)]
) -> JSONResponse:
    """Translate a file, and say where it can be fetched."""
    owned = calls.services
    fields = await parameters(request, owned.settings)
    caller = with_key(request, key_of(fields), Scope.TRANSLATE)
    upload = upload_of(fields)
    name = str(upload.filename)
    source, target = named(fields, "source"), named(fields, "target")
    if suffix_of(name) not in FORMATS:
        raise Problem(400, "Invalid request: file format not supported")
    known = await known_languages(request)
    to = known.source(target)
    if source != "auto":
        known.source(source)
    answer = await calls.task("file_text", {"data": await upload.read(), "name": name})
    text, encoding = answer["text"], answer["encoding"]
    if len(text) > owned.settings.max_text_chars:
        limit = owned.settings.max_text_chars
        raise Problem(400, f"Invalid request: request ({len(text)}) exceeds text limit ({limit})")
    owned.limits.characters(caller, len(text))
    work = _translated(owned, text, suffix_of(name), source, to, known)
    translated = await calls.waited_for(work, seconds=_FILE_SECONDS)
    data = encoded(translated, encoding, name)
    full = await asyncio.to_thread(files.add, name, to.value, data)
    url = request.url_for("download_file", name=full)
    return JSONResponse({"translatedFileUrl": str(url)})


@router.get("/download_file/{name}")
async def download_file(
    name: str, files: Annotated[TranslatedFiles, Depends(_files)]
) -> FileResponse:
    """A translated file, as long as it is kept."""
    found = await asyncio.to_thread(files.find, name)
    if found is None:
        raise Problem(404, "there is no such file, or it is no longer kept")
    path, shown = found
    return FileResponse(path, media_type="application/octet-stream", headers=attachment(shown))


async def _translated(
    owned: Services, text: str, suffix: str, source: str, target: Language, known: Languages
) -> str:
    if suffix in (".html", ".htm"):
        pages = await cut_pages(owned, [text])
        way = await _way(owned, source, visible_texts(pages)[0], target, known)
        return (await translate_pages(owned, pages, way))[0] if way else text
    if suffix == ".srt":
        subtitles = read_subtitles(text)
        way = await _way(owned, source, "\n".join(subtitles.texts), target, known)
        if way is None:
            return text
        spoken = await translate_texts(owned, subtitles.texts, way)
        return subtitles.joined([one.text for one in spoken])
    way = await _way(owned, source, text, target, known)
    return (await translate_texts(owned, [text], way))[0].text if way else text


async def _way(
    owned: Services, source: str, visible: str, target: Language, known: Languages
) -> Direction | None:
    """The direction of a file; None if it is in the target language already.

    Raises:
        Problem: it can't be translated.
    """
    if source == "auto":
        [detected] = await detect(owned.pool, [visible], known)
        source = detected.language
    return known.direction(known.source(source), target)
