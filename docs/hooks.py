"""What the documentation takes from the package itself, and what it mustn't take from elsewhere."""

import re
from typing import Any

from mkdocs.exceptions import PluginError

import mtpipe

_MARK = "<!-- public names -->"
_FROM_ELSEWHERE = re.compile(
    r"<(?:link|script|img|iframe|source)\b[^>]*\b(?:href|src)=[\"']?(?:https?:)?//[^>]*>"
)


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Put every public function and class of the package where a page asks for them."""
    reference = "\n\n".join(f"::: {module}.{name}" for name, module in mtpipe._PUBLIC.items())  # noqa: SLF001
    return markdown.replace(_MARK, reference)


def on_post_page(output: str, *, page: Any, **_: Any) -> str:
    """Refuse a page that loads anything from another place."""
    if found := _FROM_ELSEWHERE.search(output):
        raise PluginError(f"{page.file.src_uri} loads from elsewhere: {found[0]}")
    return output
