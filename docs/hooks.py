"""What the documentation takes from the package itself, while MkDocs builds it."""

from typing import Any

import mtpipe

_MARK = "<!-- public names -->"


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Put every public function and class of the package where a page asks for them."""
    reference = "\n\n".join(f"::: {module}.{name}" for name, module in mtpipe._PUBLIC.items())  # noqa: SLF001
    return markdown.replace(_MARK, reference)
