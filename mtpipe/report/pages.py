"""HTML pages that stand alone: how templates are filled, and what of a stranger's text is shown.

A page loads nothing from anywhere, runs no script but one of ours that sorts tables, and says so in
its content security policy.
"""

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from mtpipe.types.shares import percent

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = ["TEMPLATES", "render", "visible", "web_address"]

TEMPLATES = Path(__file__).with_name("templates")

# Control characters, those that turn the direction of writing or have no width, lone surrogates.
_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)
_IN_ADDRESS = re.compile(r"[^\s<>\"\\^`{|}]+")


def render(template: str, **values: object) -> str:
    """Fill a template; everything is escaped, and :func:`visible`."""
    return _environment().get_template(template).render(values)


def visible(text: str) -> str:
    """The text with its hidden characters named: ``[U+202E]`` for an override of direction.

    Otherwise they could make a page show something else than it says, and they are evidence.
    """
    return _HIDDEN.sub(lambda match: f"[U+{ord(match[0]):04X}]", text)


def web_address(text: str) -> str:
    """``text`` if it is an address that may be linked to (http or https), else nothing."""
    if not _IN_ADDRESS.fullmatch(text) or _HIDDEN.search(text):
        return ""
    try:
        parts = urlsplit(text)
    except ValueError:
        return ""
    return text if parts.scheme in ("http", "https") and parts.netloc else ""


@cache
def _environment() -> "Environment":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415 - pages only

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        # Markup is a str, too: only what a template itself has made safe.
        finalize=lambda value: visible(value) if type(value) is str else value,
    )
    environment.filters["web_address"] = web_address
    environment.filters["percent"] = percent
    return environment
