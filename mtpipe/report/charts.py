"""Charts as SVG, drawn by matplotlib: Pareto charts, reliability plots and Tippett plots.

Text stays text, so that it can be read aloud and found; colours of text and lines are those of
the page that the SVG stands in. Needs the extra ``plots``.
"""

import html
import io
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from textwrap import fill
from typing import Any

from mtpipe._optional import require
from mtpipe.types.benchmark import RatioShares, ReliabilityBin

_INK = "#010203"
"""Stands for the colour of the surrounding text while drawing."""
_COLOURS = ("#2f6fb3", "#c2571a", "#2b8a5a", "#8a4fbf", "#b5384f", "#7a7a20", "#1c8c94", "#a0568c")
_MARKERS = "osD^vP*X"
_FAR_APART = 5
"""Ratio of the costs from which on their axis is logarithmic."""
_COLUMN_CHARS, _LINE_CHARS = 26, 60
"""Of a name in a legend that fits into half a chart's width, and into all of it."""


@dataclass(frozen=True, slots=True)
class Point:
    """One configuration in a chart.

    Attributes:
        label: its name.
        cost: or speed, on the horizontal axis.
        quality: or how bad it is, on the vertical axis.
    """

    label: str
    cost: float
    quality: float


def are_available() -> bool:
    """Whether matplotlib is installed; doesn't import it."""
    from importlib.util import find_spec  # noqa: PLC0415

    return find_spec("matplotlib") is not None


def pareto(points: Sequence[Point], *, less_is_better: bool, errors: bool = False) -> list[Point]:
    """Those that no other one beats: as good and as cheap as it, and better in one of both.

    Args:
        points: of the chart.
        less_is_better: whether the horizontal axis is a cost; else it is a speed.
        errors: whether the vertical axis is how bad they are, such as TER.

    Returns:
        In the order of the horizontal axis.
    """
    sign, upwards = -1 if less_is_better else 1, -1 if errors else 1

    def beats(one: Point, other: Point) -> bool:
        gains = (sign * (one.cost - other.cost), upwards * (one.quality - other.quality))
        return min(gains) >= 0 and max(gains) > 0

    front = [p for p in points if not any(beats(other, p) for other in points)]
    return sorted(front, key=lambda point: point.cost)


def pareto_chart(
    points: Sequence[Point], *, cost: str, quality: str, less_is_better: bool, errors: bool = False
) -> str:
    """Quality against cost, with the line of those that no other one beats.

    Args:
        points: one a configuration.
        cost: title of the horizontal axis.
        quality: title of the vertical axis.
        less_is_better: whether the horizontal axis is a cost; else it is a speed.
        errors: whether the vertical axis is how bad they are, such as TER.

    Returns:
        An ``<svg>`` element.

    Raises:
        DependencyMissing: matplotlib isn't installed.
    """
    figure, axes = _figure()
    front = pareto(points, less_is_better=less_is_better, errors=errors)
    axes.plot(
        [p.cost for p in front], [p.quality for p in front], color=_INK, alpha=0.35, linewidth=1.5
    )
    for number, point in enumerate(points):
        axes.plot(
            [point.cost],
            [point.quality],
            _MARKERS[number % len(_MARKERS)],
            color=_COLOURS[number % len(_COLOURS)],
            markersize=10 if point in front else 7,
            alpha=1 if point in front else 0.6,
            # A name that begins with _ would be left out of the legend.
            label=point.label.replace("$", r"\$").lstrip("_"),
        )
    _pad(axes, points)
    axes.set_xlabel(f"{cost}  ({'left' if less_is_better else 'right'} is better)")
    axes.set_ylabel(f"{quality}  ({'down' if errors else 'up'} is better)")
    _legend(axes)
    return _svg(figure, f"{quality} against {cost}")


def reliability_chart(bins: Mapping[str, Sequence[ReliabilityBin]]) -> str:
    """What probabilities promise (horizontal) and what comes of it (vertical).

    Args:
        bins: by the name of what gave the probabilities.

    Returns:
        An ``<svg>`` element.

    Raises:
        DependencyMissing: matplotlib isn't installed.
    """
    figure, axes = _figure()
    axes.plot([0, 1], [0, 1], color=_INK, alpha=0.35, linestyle="--", linewidth=1)
    for number, (label, some) in enumerate(bins.items()):
        full = [each for each in some if each.count]
        most = max((each.count for each in full), default=1)
        colour = _COLOURS[number % len(_COLOURS)]
        places = [each.confidence for each in full], [each.frequency for each in full]
        name = label.replace("$", r"\$").lstrip("_")
        axes.plot(*places, color=colour, linewidth=1.5, label=name)
        axes.scatter(*places, s=[20 + 180 * each.count / most for each in full], color=colour)
    axes.set_xlim(-0.03, 1.03)
    axes.set_ylim(-0.03, 1.03)
    axes.set_xlabel("mean probability in the bin (area of a dot: cases)")
    axes.set_ylabel("share of positives")
    _legend(axes)
    return _svg(figure, "Reliability: probabilities and outcomes")


def tippett_chart(shares: Mapping[str, Sequence[RatioShares]]) -> str:
    """The shares of machine and human translations that reach each likelihood ratio.

    Args:
        shares: ascending by ratio, by the name of what gave the ratios; ratios of 0 and infinity
            are left out.

    Returns:
        An ``<svg>`` element.

    Raises:
        DependencyMissing: matplotlib isn't installed.
    """
    figure, axes = _figure()
    axes.axvline(0, color=_INK, alpha=0.35, linestyle="--", linewidth=1)
    for number, (label, some) in enumerate(shares.items()):
        finite = [each for each in some if math.isfinite(each.log10_ratio)]
        colour, name = _COLOURS[number % len(_COLOURS)], label.replace("$", r"\$").lstrip("_")
        ratios = [each.log10_ratio for each in finite]
        machines = [each.machines for each in finite]
        axes.step(ratios, machines, color=colour, label=f"{name}, machines", where="pre")
        people = [each.people for each in finite]
        axes.step(ratios, people, color=colour, label=f"{name}, people", where="pre", linestyle=":")
    axes.set_ylim(-0.03, 1.03)
    axes.set_xlabel("decimal logarithm of the likelihood ratio")
    axes.set_ylabel("share with it or more")
    _legend(axes)
    return _svg(figure, "Tippett plot: likelihood ratios of machine and human translations")


def _figure() -> tuple[Any, Any]:
    require("matplotlib", extra="plots")
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 4.4), layout="constrained")
    figure.patch.set_alpha(0)
    axes = figure.add_subplot()
    axes.patch.set_alpha(0)
    axes.grid(color=_INK, alpha=0.12, linewidth=0.7)
    axes.tick_params(colors=_INK, which="both")
    for spine in axes.spines.values():
        spine.set_edgecolor(_INK)
        spine.set_alpha(0.5)
    axes.spines[["top", "right"]].set_visible(False)
    axes.xaxis.label.set_color(_INK)
    axes.yaxis.label.set_color(_INK)
    return figure, axes


def _pad(axes: Any, points: Sequence[Point]) -> None:
    """Room around the points; a logarithmic axis, with plain numbers, where they are far apart."""
    from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

    costs, qualities = [p.cost for p in points], [p.quality for p in points]
    wide = max(costs) / min(costs)
    height = max(max(qualities) - min(qualities), 1e-3 * max(map(abs, qualities)), 1e-6)
    axes.set_ylim(min(qualities) - 0.35 * height, max(qualities) + 0.35 * height)
    if wide < _FAR_APART:
        room = max(0.15 * (max(costs) - min(costs)), 0.1 * min(costs))
        axes.set_xlim(min(costs) - room, max(costs) + room)
    else:
        room = wide**0.12
        axes.set_xscale("log")
        axes.set_xlim(min(costs) / room, max(costs) * room)
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if wide < 100 else (1,)))
        axes.xaxis.set_minor_formatter(NullFormatter())
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.10g}"))
    axes.yaxis.get_major_formatter().set_useOffset(False)


def _legend(axes: Any) -> None:
    """Names above the axes, in two columns where both fit; long ones go on in another line."""
    handles, labels = axes.get_legend_handles_labels()
    if labels:
        columns = 2 if max(map(len, labels)) <= _COLUMN_CHARS else 1
        names = [fill(label, _LINE_CHARS) for label in labels]
        options = {"loc": "outside upper center", "frameon": False, "labelcolor": _INK}
        axes.figure.legend(handles, names, ncols=columns, **options)


def _svg(figure: Any, title: str) -> str:
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    text = io.StringIO()
    # The salt and the missing date make the same figures give the same file.
    settings: Any = {"svg.fonttype": "none", "svg.hashsalt": title, "font.family": "sans-serif"}
    with mpl.rc_context(settings):
        canvas: Any = FigureCanvasSVG(figure)
        canvas.print_svg(text, metadata={"Date": None, "Creator": None})
    svg = text.getvalue()[text.getvalue().index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", svg, count=1)
    svg = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", svg, count=1)
    # Ids are unique within a file; several charts share a page.
    prefix = re.sub(r"\W+", "-", title).lower()
    svg = re.sub(r'\bid="', f'id="{prefix}-', svg)
    svg = re.sub(r'(xlink:href="#|url\(#)', rf"\g<1>{prefix}-", svg)
    svg = svg.replace("<svg", f'<svg role="img" aria-label="{html.escape(title)}"', 1)
    return svg.replace(_INK, "currentColor")
