"""A run on many workers as an HTML page that stands alone, and as a record for programs.

The page loads nothing from anywhere and runs no script.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from mtpipe.report.pages import render
from mtpipe.types.scale import ScaleFigures, Tallied, WorkerFigures

__all__ = ["duration", "scale_page", "scale_record", "size"]

_MOST_WORKERS = 24
"""That the page lists: the slowest three quarters of them, and the fastest."""
_MOST_PARTS = 64

_DERIVED = (
    "rows_per_s",
    "rows_per_worker_s",
    "utilisation",
    "million_hours",
    "million_worker_hours",
    "million_machine_hours",
)


def scale_record(figures: ScaleFigures) -> dict[str, Any]:
    """The figures as a JSON object, with what follows from them."""
    record = asdict(figures)
    record |= {name: getattr(figures, name) for name in _DERIVED}
    for worker, one in zip(record["by_worker"], figures.by_worker, strict=True):
        worker["rows_per_s"] = one.rows_per_s
    return record


def scale_page(figures: ScaleFigures) -> str:
    """Render the page."""
    return render(
        "scale.html.j2",
        run=figures,
        number=number,
        duration=duration,
        size=size,
        most_parts=_MOST_PARTS,
        totals=_totals(figures),
        failed_share=_percent(figures.failures, figures.rows),
        utilisation=None if figures.utilisation is None else f"{100 * figures.utilisation:.0f}%",
        workers=_workers(figures),
        workers_left_out=max(0, len(figures.by_worker) - _MOST_WORKERS),
        verdicts=_bars(figures.verdicts),
        languages=_matrix(figures.languages),
        sites=_matrix(figures.sites),
    )


def number(value: float) -> str:
    """``1,234`` or ``12.3`` or ``0.123``: three digits, or all before the point."""
    if value == int(value) or abs(value) >= 100:
        return f"{value:,.0f}"
    return (
        f"{value:.1f}"
        if abs(value) >= 10
        else f"{value:.2f}"
        if abs(value) >= 1
        else f"{value:.3g}"
    )


def duration(seconds: float) -> str:
    """``12.3 s``, ``4 min 5 s`` or ``83 h 20 min``."""
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600:,} h {whole % 3600 // 60} min"


def size(count: float) -> str:
    """Bytes as kB, MB, GB or TB, by powers of ten."""
    for unit, factor in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6)):
        if count >= factor:
            return f"{count / factor:.1f} {unit}"
    return f"{count / 1e3:.1f} kB"


def _totals(figures: ScaleFigures) -> dict[str, int]:
    """The task's own sums by their names for people, but for what the page says anyway."""
    named = {name.replace("chars", "characters"): n for name, n in figures.totals.items()}
    if named.get("articles") == figures.output_rows:
        del named["articles"]
    return named


def _percent(part: int, whole: int) -> str:
    """A share; what is there but rounds to nothing is less than the last digit."""
    share = 100 * part / whole if whole else 0.0
    return "less than 0.01%" if part and share < 0.01 else f"{share:.2f}%"


def _workers(figures: ScaleFigures) -> list[dict[str, Any]]:
    """A row for each worker, or for the slowest and the fastest."""
    listed = list(figures.by_worker)
    if len(listed) > _MOST_WORKERS:
        slow = _MOST_WORKERS * 3 // 4
        listed = [*listed[:slow], *listed[slow - _MOST_WORKERS :]]
    fastest = max((each.rows_per_s for each in listed), default=0.0)
    return [
        {
            "worker": each,
            "width": f"{100 * each.rows_per_s / fastest:.1f}" if fastest else "0",
            "busy": _busy(each, figures.seconds),
        }
        for each in listed
    ]


def _busy(worker: WorkerFigures, seconds: float) -> str:
    return f"{min(100 * worker.busy_s / seconds, 100):.0f}%" if seconds > 0 else "–"


def _bars(counts: Mapping[str, int]) -> list[tuple[str, int, str]]:
    """Names, counts, and widths of bars in per cent."""
    whole = sum(counts.values())
    return [(name, count, f"{100 * count / whole:.1f}") for name, count in counts.items() if whole]


def _matrix(tallied: Sequence[Tallied]) -> dict[str, Any] | None:
    """A table of names by verdicts, the most frequent verdict first; None without any."""
    sums: dict[str, int] = {}
    for each in tallied:
        for verdict, count in each.counts.items():
            sums[verdict] = sums.get(verdict, 0) + count
    if not sums:
        return None
    # Under an empty name stands what has no verdict: articles of a language, say.
    columns = sorted((name for name in sums if name), key=lambda name: (-sums[name], name))
    rows = [
        (each.name or "(none)", each.total, [each.counts.get(name, 0) for name in columns])
        for each in tallied
    ]
    return {"columns": columns, "rows": rows}
