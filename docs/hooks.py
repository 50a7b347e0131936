"""What the documentation takes from the package itself, and what it mustn't take from elsewhere."""

import re
from typing import Any

from mkdocs.exceptions import PluginError

import mtpipe
import mtpipe.scale

_MARKS = {"<!-- public names -->": mtpipe, "<!-- public names of mtpipe.scale -->": mtpipe.scale}
_FROM_ELSEWHERE = re.compile(
    r"<(?:link|script|img|iframe|source)\b[^>]*\b(?:href|src)=[\"']?(?:https?:)?//[^>]*>"
)


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Put every public function and class of the package where a page asks for them."""
    for mark, package in _MARKS.items():
        names = package._PUBLIC.items()  # noqa: SLF001
        markdown = markdown.replace(mark, "\n\n".join(f"::: {mod}.{name}" for name, mod in names))
    return markdown


def on_post_page(output: str, *, page: Any, **_: Any) -> str:
    """Refuse a page that loads anything from another place."""
    if found := _FROM_ELSEWHERE.search(output):
        raise PluginError(f"{page.file.src_uri} loads from elsewhere: {found[0]}")
    return output
