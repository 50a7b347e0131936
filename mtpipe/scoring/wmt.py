"""The XML files in which WMT publishes its test sets since 2021: sources, references, systems.

The segments are those that sacrebleu takes of such a file: none of the test suites that other
people added, none without a reference. Parsed without entities, which could be used to attack.
"""

from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import Element, TreeBuilder

from defusedxml.ElementTree import DefusedXMLParser

from mtpipe.errors import InputError, MalformedRecord
from mtpipe.scoring import inputs
from mtpipe.scoring.inputs import Input, number_of, read_bytes, shortened
from mtpipe.tmx import safe_parsing, too_many_parts

_XML_CHUNK_BYTES = 1 << 16


@dataclass(frozen=True, slots=True)
class WmtSet:
    """A test set; everything has one entry per segment.

    Attributes:
        direction: the two language codes as they stand there, e.g. ``("en", "de")``.
        source: the source segments.
        references: by translator; a segment that one didn't translate is empty.
        systems: output by system; a segment that one didn't translate is empty.
        labels: ``document``, ``origlang`` and, where the file has it, ``domain``.
    """

    direction: tuple[str, str]
    source: tuple[str, ...]
    references: dict[str, tuple[str, ...]]
    systems: dict[str, tuple[str, ...]]
    labels: dict[str, tuple[str, ...]]


def read_wmt(source: Input) -> WmtSet:
    """Read a WMT XML file.

    Raises:
        InputError: it can't be read, or has no segments.
        MalformedRecord: it isn't well-formed or isn't safe, or a document lacks something.
    """
    root = _parse(source, read_bytes(source))
    documents = [doc for doc in root.iter("doc") if "testsuite" not in doc.attrib]
    translators = _names(documents, "ref", "translator")
    systems = _names(documents, "hyp", "system")
    texts: list[str] = []
    references: dict[str, list[str]] = {name: [] for name in translators}
    outputs: dict[str, list[str]] = {name: [] for name in systems}
    labels: dict[str, list[str]] = {"document": [], "origlang": [], "domain": []}
    for number, doc in enumerate(documents, 1):
        ref = {
            element.get("translator", ""): _segments(source, element) for element in doc.iter("ref")
        }
        hyp = {element.get("system", ""): _segments(source, element) for element in doc.iter("hyp")}
        src: dict[int, str] = {}
        for element in doc.iter("src"):
            src |= _segments(source, element)
        for i in sorted(src):
            if translators and not any(segments.get(i) for segments in ref.values()):
                continue
            texts.append(src[i])
            for name, column in references.items():
                column.append(ref.get(name, {}).get(i, ""))
            for name, column in outputs.items():
                column.append(hyp.get(name, {}).get(i, ""))
            labels["document"].append(doc.get("id") or str(number))
            labels["origlang"].append(doc.get("origlang") or "")
            labels["domain"].append(doc.get("domain") or "")
    if not texts:
        raise InputError(
            f"{source} has no segments with a reference",
            hint="is it an XML file of WMT 2021 or later?",
        )
    return WmtSet(
        direction=(_language(documents, "src"), _language(documents, "ref")),
        source=tuple(texts),
        references={name: tuple(column) for name, column in references.items()},
        systems={name: tuple(column) for name, column in outputs.items()},
        labels={name: tuple(values) for name, values in labels.items() if any(values)},
    )


def _parse(source: Input, data: bytes) -> Element:
    """The root of a document without entities of its own, which could grow without limit.

    Raises:
        MalformedRecord: it isn't well-formed or isn't safe.
    """
    with safe_parsing(source.path):
        parser = DefusedXMLParser(target=_Tree(source))
        for start in range(0, len(data), _XML_CHUNK_BYTES):
            parser.feed(data[start : start + _XML_CHUNK_BYTES])
        root: Element = parser.close()
    return root


class _Tree(TreeBuilder):
    """A tree of limited size: a few bytes of a compressed file make an element."""

    def __init__(self, source: Input) -> None:
        super().__init__()
        self._source = source
        self._parts = 0

    def start(self, tag: Any, attrs: Any) -> Element:
        """As its base; raises InputError where there are too many."""
        self._parts += 1 + len(attrs)
        if self._parts > inputs.MAX_XML_PARTS:
            raise too_many_parts(str(self._source), inputs.MAX_XML_PARTS)
        return super().start(tag, attrs)


def _names(documents: list[Element], tag: str, attribute: str) -> list[str]:
    """Names in the order in which they come up."""
    return list(
        dict.fromkeys(e.get(attribute, "") for document in documents for e in document.iter(tag))
    )


def _segments(source: Input, element: Element) -> dict[int, str]:
    found: dict[int, str] = {}
    for segment in element.iter("seg"):
        stated = segment.get("id", "")
        number = number_of(stated)
        if number is None:
            raise MalformedRecord(
                source.path, 1, f"has a segment with the number {shortened(stated)!r}"
            )
        found[number] = " ".join("".join(segment.itertext()).split("\n")).rstrip()
    return found


def _language(documents: list[Element], tag: str) -> str:
    return next((e.get("lang", "") for document in documents for e in document.iter(tag)), "")
