"""TMX, the form in which translators' tools exchange sentences with their translations.

Written is TMX 1.4; 1.1, whose languages stand under ``lang``, is read as well. Files come from
strangers: they are read one unit at a time, without entities, which could grow without limit. What
XML can't hold, not even escaped, is left out.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from xml.etree.ElementTree import Element, ParseError
from xml.sax.saxutils import escape, quoteattr

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

from mtpipe import __version__
from mtpipe.errors import InputError, MalformedRecord, UnsupportedDirection
from mtpipe.types import Language

__all__ = [
    "ENDING",
    "Unit",
    "attribute",
    "characters",
    "opening",
    "primary_language",
    "read_units",
    "safe_parsing",
    "too_many_parts",
    "unit",
]

ENDING = "</body>\n</tmx>\n"
"""What a document ends with."""

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
_CODES = frozenset(("bpt", "ept", "ph", "it", "ut"))
"""Elements of a segment that hold a word processor's codes, not text."""
_MAX_DEPTH = 100


def characters(text: str) -> str:
    """Text as the content of an XML element."""
    return escape(_NOT_XML.sub("", text))


def attribute(text: str) -> str:
    """Text as the value of an XML attribute, in quotes."""
    return quoteattr(_NOT_XML.sub("", text))


def opening(source_language: str = "*all*") -> str:
    """What a document begins with.

    Args:
        source_language: code of the language that all units are translated from, if there is one.
    """
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<tmx version="1.4">\n'
        f'<header creationtool="mtpipe" creationtoolversion={attribute(__version__)} '
        f'segtype="sentence" o-tmf="mtpipe" adminlang="en" srclang={attribute(source_language)} '
        'datatype="plaintext"/>\n<body>\n'
    )


def unit(
    variants: Sequence[tuple[str, str]],
    *,
    name: str | None = None,
    properties: Mapping[str, str] | None = None,
) -> str:
    """One unit, with the line break after it.

    Args:
        variants: language code and text of each side, the source first.
        name: of the unit.
        properties: what else is known of it, by type.
    """
    start = "<tu>" if name is None else f"<tu tuid={attribute(name)}>"
    known = "".join(
        f"<prop type={attribute(kind)}>{characters(value)}</prop>"
        for kind, value in (properties or {}).items()
    )
    sides = "".join(
        f"<tuv xml:lang={attribute(code)}><seg>{characters(text)}</seg></tuv>"
        for code, text in variants
    )
    return f"{start}{known}{sides}</tu>\n"


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit of a document.

    Attributes:
        texts: by :func:`primary_language`, without a word processor's codes; line breaks and other
            white space as they stand there.
        source_language: primary language that the document says its units are translated from;
            empty where it doesn't say.
    """

    texts: Mapping[str, str]
    source_language: str


def read_units(stream: IO[bytes], path: Path, *, most_parts: int | None = None) -> Iterator[Unit]:
    """Read a document unit by unit, in memory that doesn't grow with it.

    Args:
        stream: the document, decompressed.
        path: of its file, for messages.
        most_parts: elements and attributes that it may have; None for any number.

    Raises:
        InputError: it has more.
        MalformedRecord: it isn't well-formed or isn't safe to parse.
    """
    parents: list[Element] = []
    source_language, parts = "", 0
    with safe_parsing(path, "TMX"):
        for event, element in iterparse(stream, events=("start", "end")):
            if event == "start":
                parents.append(element)
                parts += 1 + len(element.attrib)
                if most_parts is not None and parts > most_parts:
                    raise too_many_parts(str(path), most_parts)
                continue
            parents.pop()
            if _name(element) == "header":
                source_language = primary_language(element.get("srclang", ""))
            if _name(element) != "tu":
                continue
            texts = {
                primary_language(variant.get(_LANGUAGE) or variant.get("lang") or ""): _text(
                    segment
                )
                for variant in element.iterfind(".//{*}tuv")
                for segment in variant.iterfind(".//{*}seg")
            }
            # The whole <body> would pile up in memory otherwise.
            if parents:
                parents[-1].clear()
            yield Unit(texts, source_language)


def primary_language(code: str) -> str:
    """``de`` for ``de-CH``, ``DE_ch`` and ``deu``; of other languages what comes before the region."""
    try:
        return Language.parse(code).value
    except UnsupportedDirection:
        return code.lower().replace("_", "-").split("-")[0]


@contextmanager
def safe_parsing(path: Path, form: str = "XML") -> Iterator[None]:
    """Name what is wrong with an XML file.

    Raises:
        MalformedRecord: it isn't well-formed or isn't safe to parse.
    """
    try:
        yield
    except ParseError as exc:
        raise MalformedRecord(path, exc.position[0], f"isn't well-formed {form}: {exc}") from exc
    except LookupError as exc:
        raise MalformedRecord(path, 1, f"names an encoding that nobody knows: {exc}") from exc
    except (DefusedXmlException, ValueError) as exc:
        raise MalformedRecord(path, 1, f"isn't safe to parse: {exc}") from exc


def too_many_parts(name: str, most: int) -> InputError:
    """The error for an XML file that would fill the memory: a few bytes make an element."""
    return InputError(
        f"{name} has more than {most:,} elements and attributes", hint="score it in parts"
    )


def _name(element: Element) -> str:
    """Without the namespace, which some programs state."""
    return element.tag.rpartition("}")[2]


def _text(element: Element, depth: int = 0) -> str:
    if depth > _MAX_DEPTH:
        return ""
    parts = [element.text or ""]
    for child in element:
        if _name(child) not in _CODES:
            parts.append(_text(child, depth + 1))
        parts.append(child.tail or "")
    return "".join(parts)
