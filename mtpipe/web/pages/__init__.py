"""Pages for editors: forms that start jobs, and what became of them."""

from fastapi import APIRouter, FastAPI

__all__ = ["install", "router"]

router = APIRouter()


def install(app: FastAPI) -> None:
    """Show problems as pages."""
