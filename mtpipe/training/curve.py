"""The loss curve: points kept while training, written as CSV and drawn as SVG.

A point is a mapping with ``step``, ``tokens``, ``seconds``, ``loss`` (nats per target token,
since the point before) and, where it comes from an evaluation, ``chrf``, ``bleu`` (0 to 100) and
the same by direction (``chrf/de-en``).
"""

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

Point = Mapping[str, Any]

MAX_POINTS = 1_000
"""Points without figures that are kept; of more, every second is dropped."""

_WIDTH, _HEIGHT, _MARGIN = 720, 360, 64


def thinned(points: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The points, every second of those without figures left out if there are too many."""
    plain = [number for number, point in enumerate(points) if "chrf" not in point]
    if len(plain) <= MAX_POINTS:
        return points
    dropped = set(plain[:-1:2])
    return [point for number, point in enumerate(points) if number not in dropped]


def write_curve(points: Sequence[Point], directory: Path) -> None:
    """Write curve.csv and curve.svg, if there is a point.

    Raises:
        OSError: they can't be written.
    """
    if not points:
        return
    columns = list(dict.fromkeys(key for point in points for key in point))
    text = io.StringIO()
    table = csv.DictWriter(text, columns, lineterminator="\n")
    table.writeheader()
    table.writerows(points)
    (directory / "curve.csv").write_text(text.getvalue(), encoding="utf-8")
    (directory / "curve.svg").write_text(draw_curve(points), encoding="utf-8")


def draw_curve(points: Sequence[Point]) -> str:
    """An SVG of the loss (left axis) and, where measured, chrF2 (right axis) over the steps."""
    last = max(point["step"] for point in points) or 1
    view_box = f"0 0 {_WIDTH} {_HEIGHT}"
    svg = Element("svg", {"xmlns": "http://www.w3.org/2000/svg", "viewBox": view_box})
    svg.set("font-family", "sans-serif")
    svg.set("font-size", "12")
    _add(svg, "rect", width=_WIDTH, height=_HEIGHT, fill="white")
    _label(svg, f"steps: {last:,}", x=_WIDTH / 2, y=_HEIGHT - 12, anchor="middle")
    for name, title, colour, axis, anchor in (
        ("loss", "loss, nats per token", "#1f5a96", _MARGIN, "end"),
        ("chrf", "chrF2", "#b3541e", _WIDTH - _MARGIN, "start"),
    ):
        spots = [(p["step"], p[name]) for p in points if p.get(name) is not None]
        if not spots:
            continue
        low, high = min(v for _, v in spots), max(v for _, v in spots)
        bottom = _HEIGHT - _MARGIN
        _add(svg, "line", x1=axis, y1=_MARGIN, x2=axis, y2=bottom, stroke=colour)
        _label(svg, title, x=axis, y=_MARGIN - 20, anchor="middle", colour=colour)
        gap = -8 if anchor == "end" else 8
        for value, y in ((high, _MARGIN), (low, bottom)):
            _label(svg, f"{value:.2f}", x=axis + gap, y=y + 4, anchor=anchor, colour=colour)
        path = " ".join(
            f"{_MARGIN + step / last * (_WIDTH - 2 * _MARGIN):.1f},"
            f"{bottom - (value - low) / ((high - low) or 1) * (bottom - _MARGIN):.1f}"
            for step, value in spots
        )
        _add(svg, "polyline", points=path, fill="none", stroke=colour)
    return tostring(svg, encoding="unicode") + "\n"


def _add(parent: Element, tag: str, **attributes: object) -> Element:
    return SubElement(parent, tag, {name: str(value) for name, value in attributes.items()})


def _label(
    parent: Element, text: str, *, x: float, y: float, anchor: str, colour: str = "black"
) -> None:
    label = _add(parent, "text", x=x, y=y, fill=colour)
    label.set("text-anchor", anchor)
    label.text = text
