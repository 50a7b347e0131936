"""WMT's XML of 2021 and later: documents with a source, references and systems' output.

Reads what is needed of a test set: sources and references, by translator. Documents of test
suites are left out, and segments without any reference, as sacrebleu does it.
"""

from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from mtpipe.errors import InputError, UnsupportedDirection
from mtpipe.pipeline.bench.testsets import MAX_FILE_BYTES, Unit
from mtpipe.types import Direction, Language


def read_wmt_xml(path: Path) -> Unit:
    """Read a file; one direction.

    Raises:
        InputError: it isn't such XML, or has no reference.
        UnsupportedDirection: its languages aren't mtpipe's.
    """
    from defusedxml import DefusedXmlException  # noqa: PLC0415
    from defusedxml.ElementTree import parse  # noqa: PLC0415

    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise InputError(f"{path} is larger than {MAX_FILE_BYTES // 2**20} MB")
        root: Any = parse(path).getroot()
    except (OSError, ParseError, DefusedXmlException) as exc:
        raise InputError(f"can't read {path} as WMT XML: {exc}") from exc
    documents = [doc for doc in root.iter("doc") if "testsuite" not in doc.attrib]
    languages = {
        side: {element.get("lang", "") for doc in documents for element in doc.iter(side)}
        for side in ("src", "ref")
    }
    if any(len(found) != 1 for found in languages.values()):
        raise InputError(
            f"{path} has no source and reference in one language each",
            hint="files without references can be translated, but not measured on",
        )
    codes = (found.pop() for found in languages.values())
    try:
        direction = Direction(*map(Language.parse, codes))
    except UnsupportedDirection as exc:
        raise UnsupportedDirection(f"{path}: {exc.message}", hint=exc.hint) from exc
    translators = sorted({r.get("translator", "") for doc in documents for r in doc.iter("ref")})
    sources: list[str] = []
    references: list[list[str | None]] = [[] for _ in translators]
    for doc in documents:
        texts = {number: text for part in doc.iter("src") for number, text in _segments(part)}
        by_translator = {r.get("translator", ""): dict(_segments(r)) for r in doc.iter("ref")}
        for number in sorted(texts, key=_as_number):
            found = [by_translator.get(name, {}).get(number) or None for name in translators]
            if any(found):
                sources.append(texts[number])
                for side, text in zip(references, found, strict=True):
                    side.append(text)
    if not sources:
        raise InputError(f"{path} has no segment with a reference")
    return Unit(direction, tuple(sources), tuple(map(tuple, references)))


def _segments(part: Element) -> list[tuple[str, str]]:
    return [(seg.get("id", ""), " ".join((seg.text or "").split())) for seg in part.iter("seg")]


def _as_number(number: str) -> tuple[int, str]:
    return (int(number) if number.isdecimal() else 0, number)
