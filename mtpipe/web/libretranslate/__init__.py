"""LibreTranslate's API, so that its clients can be pointed at this server.

Not for what it doesn't have, such as detection and alignment: see :mod:`mtpipe.web.api`.
"""

from fastapi import APIRouter

from mtpipe.web.libretranslate.file_routes import router as file_router
from mtpipe.web.libretranslate.routes import router as text_router

__all__ = ["router"]

router = APIRouter()
router.include_router(text_router)
router.include_router(file_router)
