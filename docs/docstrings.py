"""Docstrings of the package as Markdown, for the Python reference."""

import re
from collections.abc import Iterator
from typing import Any

import griffe


class Markdown(griffe.Extension):
    """Turn the roles of Sphinx into code, its literal blocks into indented ones, and fence sessions."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Rewrite one docstring."""
        if obj.docstring:
            text = re.sub(r":[a-z]+:`~?([^`]+)`", r"`\1`", obj.docstring.value)
            text = re.sub(r"::$", ":", text, flags=re.MULTILINE)
            obj.docstring.value = "\n".join(_fenced(text.splitlines()))


def _fenced(lines: list[str]) -> Iterator[str]:
    """The lines with a fence around each session (``>>>`` up to the next empty line)."""
    fence = ""
    for line in lines:
        if not fence and line.lstrip().startswith(">>> "):
            fence = line[: len(line) - len(line.lstrip())] + "```"
            yield f"{fence}pycon"
        elif fence and not line.strip():
            yield fence
            fence = ""
        yield line
    if fence:
        yield fence
