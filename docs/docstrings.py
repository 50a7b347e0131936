"""Docstrings of the package as Markdown, for the Python reference."""

import re
from typing import Any

import griffe


class Roles(griffe.Extension):
    """Turn the roles of Sphinx into code, and its literal blocks into indented ones."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Rewrite one docstring."""
        if obj.docstring:
            text = re.sub(r":[a-z]+:`~?([^`]+)`", r"`\1`", obj.docstring.value)
            obj.docstring.value = re.sub(r"::$", ":", text, flags=re.MULTILINE)
