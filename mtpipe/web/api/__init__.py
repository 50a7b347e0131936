"""The REST API under ``/api/v1``: typed requests in, mtpipe's own records out.

Short requests are computed while the client waits; whatever is longer is a job. Not for what
answers look like when something is wrong (:mod:`mtpipe.web.problems`), nor for who may ask
(:mod:`mtpipe.web.guard`).
"""

from fastapi import APIRouter

from mtpipe.web.api import (
    align,
    archive,
    detect,
    events,
    jobs,
    models,
    score,
    translate,
)
from mtpipe.web.api.description import add_description
from mtpipe.web.api.methods import refuse_others

__all__ = ["router"]

router = APIRouter(prefix="/api/v1", generate_unique_id_function=lambda route: route.name)
_rooms = [room.router for room in (translate, detect, align, score, archive, models, jobs, events)]
for _room in _rooms:
    router.include_router(_room)
refuse_others(router, _rooms)
add_description(router)
