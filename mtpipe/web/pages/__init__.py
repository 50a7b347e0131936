"""Pages for editors: forms that start jobs, and what became of them.

Rendered by the server from Jinja2 templates, with a style sheet and a little script of their own;
everything works without the script, too. Not for programs: those have :mod:`mtpipe.web.api`.
"""

from fastapi import APIRouter, FastAPI

from mtpipe.web.pages import archive, entrance, jobs, models, tools
from mtpipe.web.pages.problem_page import problem_page

__all__ = ["install", "router"]

router = APIRouter()
for _room in (entrance, tools, archive, models, jobs):
    router.include_router(_room.router)


def install(app: FastAPI) -> None:
    """Show problems as pages where people ask."""
    app.state.problem_page = problem_page
