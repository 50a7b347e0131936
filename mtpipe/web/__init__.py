"""``mtpipe serve``: pages and a REST API over the public face of mtpipe.

One process answers requests and computes nothing; what computes are child processes, see
:mod:`mtpipe.web.workers`. Not for other programs in Python, which call :mod:`mtpipe` itself.

For a server of one's own that speaks ASGI, with settings from the environment and
``mtpipe.toml``::

    uvicorn --factory mtpipe.web:create_app
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mtpipe.web.app import create_app as create_app
    from mtpipe.web.settings import ServeSettings as ServeSettings

__all__ = ["ServeSettings", "create_app"]


def __getattr__(name: str) -> Any:
    """The two public names, loaded on first use: FastAPI is an extra."""
    if name == "create_app":
        from mtpipe.web.app import create_app  # noqa: PLC0415

        return create_app
    if name == "ServeSettings":
        from mtpipe.web.settings import ServeSettings  # noqa: PLC0415

        return ServeSettings
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
