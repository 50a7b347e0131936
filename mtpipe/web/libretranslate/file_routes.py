"""Files sent to be translated, and fetched when they are."""

import asyncio
from typing import Annotated, cast

from fastapi import APIRouter, Depends, Request
from fastapi.responses import FileResponse, JSONResponse

from mtpipe.types import Direction, Language
from mtpipe.web.api.calls import Patient
from mtpipe.web.guard.access import Scope, with_key
from mtpipe.web.guard.headers import attachment
from mtpipe.web.libretranslate.documents import opened
from mtpipe.web.libretranslate.files import FORMATS, TranslatedFiles, encoded, suffix_of
from mtpipe.web.libretranslate.languages import Languages, detect
from mtpipe.web.libretranslate.parameters import (
    key_of,
    named,
    parameters,
    too_much,
    upload_of,
)
from mtpipe.web.libretranslate.routes import known_languages
from mtpipe.web.problems import Problem
from mtpipe.web.services import Services, services

__all__ = ["router"]

router = APIRouter(include_in_schema=False)

_MOST_BYTES_A_CHAR = 4
"""Of a file, its markup included."""
_FILE_SECONDS = 600.0
"""That a file may take. A longer one is a job of the other API."""


async def _files(request: Request) -> TranslatedFiles:
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
    source, target = named(fields, "source"), named(fields, "target")
    if suffix_of(upload.name) not in FORMATS:
        raise Problem(400, "Invalid request: file format not supported")
    limit = owned.settings.max_text_chars
    if len(upload.data) > _MOST_BYTES_A_CHAR * limit:
        raise too_much(len(upload.data), limit)
    known = await known_languages(request)
    to = known.source(target)
    if source != "auto":
        known.source(source)
    answer = await calls.task("file_text", {"data": upload.data, "name": upload.name})
    document = await opened(owned, answer["text"], suffix_of(upload.name))
    if len(document.visible) > limit:
        raise too_much(len(document.visible), limit)
    owned.limits.characters(caller, len(document.visible))
    way = await _way(owned, source, document.visible, to, known)
    text = answer["text"]
    if way is not None:
        text = await calls.waited_for(document.translate(way), seconds=_FILE_SECONDS)
    data = encoded(text, answer["encoding"], upload.name)
    full = await asyncio.to_thread(files.add, upload.name, to.value, data)
    return JSONResponse({"translatedFileUrl": str(request.url_for("download_file", name=full))})


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
