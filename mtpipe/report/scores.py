"""Scores as tables: JSON and CSV for programs, Markdown and LaTeX for papers.

The values here are what a scoring run results in, whatever made it. Not for the terminal
(:mod:`mtpipe.cli.score`) nor for the page (:mod:`mtpipe.report.score_page`).
"""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import Any

from mtpipe import __version__

WHOLE = "all"
"""Kind of the table of all segments."""


@dataclass(frozen=True, slots=True)
class ScoreColumn:
    """A metric.

    Attributes:
        metric: as on the command line.
        name: as in tables.
        signature: what makes its figures comparable.
        higher_is_better: whether more is better.
        digits: behind the decimal point, for people.
    """

    metric: str
    name: str
    signature: str
    higher_is_better: bool
    digits: int


@dataclass(frozen=True, slots=True)
class ScoreCell:
    """One system by one metric; None for what wasn't asked for.

    Attributes:
        value: the score.
        mean: of bootstrap resamples.
        half_width: of the 95 % interval around that mean.
        p_value: of the difference from the baseline; None for the baseline itself.
        significant: whether that difference is; equal scores never are, whatever the p-value.
        cluster: rank of the cluster, from 1.
    """

    value: float
    mean: float | None = None
    half_width: float | None = None
    p_value: float | None = None
    significant: bool | None = None
    cluster: int | None = None


@dataclass(frozen=True, slots=True)
class ScoreRow:
    """One system; a cell for each column."""

    system: str
    cells: tuple[ScoreCell, ...]


@dataclass(frozen=True, slots=True)
class ScoreTable:
    """All systems on some of the segments.

    Attributes:
        kind: ``all``, or what the segments have in common: ``document``, ``domain``, ``segment``...
        name: of the document, domain, ...; empty for all.
        segments: how many there are.
        rows: a row for each system.
    """

    kind: str
    name: str
    segments: int
    rows: tuple[ScoreRow, ...]


@dataclass(frozen=True, slots=True)
class ScorePair:
    """Two systems compared by one metric; the difference is that of the first from the second."""

    metric: str
    first: str
    second: str
    difference: float
    p_value: float
    significant: bool


@dataclass(frozen=True, slots=True)
class ScoredInput:
    """Where segments came from.

    Attributes:
        role: source, reference or hypothesis.
        name: in the tables.
        path: as the user gave it.
        segments: how many.
        sha256: hex digest of the segments, each followed by a line feed.
    """

    role: str
    name: str
    path: str
    segments: int
    sha256: str


@dataclass(frozen=True, slots=True)
class ComparedSegment:
    """A segment as two versions have it.

    Attributes:
        number: from 1.
        label: of its document, or empty.
        source: its source, or empty.
        references: its references; empty where they are one of the two versions.
        first: one version.
        second: the other.
        scores: of both, by the first column's metric; None for a reference.
    """

    number: int
    label: str
    source: str
    references: tuple[str, ...]
    first: str
    second: str
    scores: tuple[float | None, float]


@dataclass(frozen=True, slots=True)
class SegmentComparison:
    """The segments on which two systems, or a reference and a system, differ most.

    Attributes:
        first: name of one; "reference" or else "source" if there is only one system.
        second: name of the other.
        metric: name of the metric whose segment scores order them.
        first_better: segments that the first translates better, largest difference first.
        second_better: those that the second does.
        differing: how many segments differ at all.
    """

    first: str
    second: str
    metric: str
    first_better: tuple[ComparedSegment, ...]
    second_better: tuple[ComparedSegment, ...]
    differing: int


@dataclass(frozen=True, slots=True)
class PairedTest:
    """How systems were compared: method, number of samples, seed, level, and the baseline."""

    method: str
    samples: int
    seed: int
    alpha: float
    baseline: str


@dataclass(frozen=True, slots=True)
class ScoreReport:
    """Everything that a scoring run results in.

    Attributes:
        inputs: what was read.
        columns: the metrics.
        tables: that of all segments first, then the splits.
        test: how systems were compared, or None.
        pairs: every pair by every metric.
        comparison: segments to look at, or None.
    """

    inputs: tuple[ScoredInput, ...]
    columns: tuple[ScoreColumn, ...]
    tables: tuple[ScoreTable, ...]
    test: PairedTest | None = None
    pairs: tuple[ScorePair, ...] = ()
    comparison: SegmentComparison | None = None


def best_rows(table: ScoreTable, column: int, *, higher_is_better: bool) -> set[str]:
    """The systems that nobody beats: the first cluster, or whoever has the best score."""
    cells = {row.system: row.cells[column] for row in table.rows}
    if len(cells) < 2:
        return set()
    if all(cell.cluster is not None for cell in cells.values()):
        return {name for name, cell in cells.items() if cell.cluster == 1}
    best = (max if higher_is_better else min)(cell.value for cell in cells.values())
    return {name for name, cell in cells.items() if cell.value == best}


def score_text(cell: ScoreCell, digits: int) -> str:
    """``41.2`` or ``41.2 ± 0.8``."""
    text = f"{cell.value:.{digits}f}"
    return text if cell.half_width is None else f"{text} ± {cell.half_width:.{digits}f}"


def p_text(p_value: float, *, significant: bool | None) -> str:
    """``0.0010*``, with a star if it is significant."""
    return f"{p_value:.4f}{'*' if significant else ''}"


def describe_test(test: PairedTest) -> str:
    """What was tested and how to read it, in a sentence or two."""
    samples = (
        f"paired bootstrap, {test.samples} resamples"
        if test.method == "bootstrap"
        else f"paired approximate randomisation, {test.samples} trials"
    )
    return (
        f"{samples}, seed {test.seed}; p against {test.baseline}, * where p < {test.alpha:g}; "
        "#n is the cluster: systems not significantly worse than its best"
    )


def json_report(report: ScoreReport) -> str:
    """The report as JSON; figures in full precision."""
    whole = report.tables[0]
    document = {
        "mtpipe": __version__,
        "inputs": [asdict(entry) for entry in report.inputs],
        "metrics": [asdict(column) for column in report.columns],
        "test": asdict(report.test) if report.test else None,
        "segments": whole.segments,
        "systems": _systems(report, whole),
        "pairs": [asdict(pair) for pair in report.pairs],
        "parts": [
            {
                "kind": table.kind,
                "name": table.name,
                "segments": table.segments,
                "systems": _systems(report, table),
            }
            for table in report.tables[1:]
        ],
    }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def _systems(report: ScoreReport, table: ScoreTable) -> list[dict[str, Any]]:
    return [
        {
            "system": row.system,
            "scores": {
                column.metric: {
                    name: value
                    for name, value in (
                        ("score", cell.value),
                        ("mean", cell.mean),
                        ("ci", cell.half_width),
                        ("p_value", cell.p_value),
                        ("significant", cell.significant),
                        ("cluster", cell.cluster),
                    )
                    if value is not None
                }
                for column, cell in zip(report.columns, row.cells, strict=True)
            },
        }
        for row in table.rows
    ]


def csv_report(report: ScoreReport) -> str:
    """One line for each figure, with a header; figures in full precision."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(
        [
            "part",
            "name",
            "segments",
            "system",
            "metric",
            "score",
            "mean",
            "ci",
            "p_value",
            "cluster",
            "signature",
        ]
    )
    for table in report.tables:
        for row in table.rows:
            for column, cell in zip(report.columns, row.cells, strict=True):
                writer.writerow(
                    [
                        table.kind,
                        _inert(table.name),
                        table.segments,
                        _inert(row.system),
                        column.metric,
                        cell.value,
                        cell.mean,
                        cell.half_width,
                        cell.p_value,
                        cell.cluster,
                        column.signature,
                    ]
                )
    return buffer.getvalue()


def _inert(text: str) -> str:
    """A name that a spreadsheet won't take for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text


def markdown_report(report: ScoreReport) -> str:
    """Tables in GitHub's Markdown, best figures in bold, then test and signatures."""
    parts: list[str] = []
    for heading, header, lines in _grids(report):
        if heading:
            parts.append(f"### {_markdown(heading)}\n")
        parts.append(f"| {' | '.join(map(_markdown, header))} |")
        parts.append("|---" * _text_columns(header, report) + "|---:" * len(report.columns) + "|")
        parts += [
            f"| {' | '.join(f'**{_markdown(t)}**' if bold else _markdown(t) for t, bold in line)} |"
            for line in lines
        ]
        parts.append("")
    if report.test:
        parts.append(f"{_markdown(describe_test(report.test))}\n")
    parts += [f"- {_markdown(column.name)}: `{column.signature}`" for column in report.columns]
    return "\n".join(parts) + "\n"


def latex_report(report: ScoreReport) -> str:
    r"""Tables for ``\usepackage{booktabs}``, best figures in bold; test and signatures as comments."""
    parts: list[str] = []
    for heading, header, lines in _grids(report):
        if heading:
            parts.append(f"% {_comment(heading)}")
        alignment = "l" * _text_columns(header, report) + "r" * len(report.columns)
        parts += [
            f"\\begin{{tabular}}{{{alignment}}}",
            r"\toprule",
            " & ".join(map(_latex, header)) + r" \\",
            r"\midrule",
            *(
                " & ".join(f"\\textbf{{{_latex(t)}}}" if bold else _latex(t) for t, bold in line)
                + r" \\"
                for line in lines
            ),
            r"\bottomrule",
            r"\end{tabular}",
            "",
        ]
    if report.test:
        parts.append(f"% {_comment(describe_test(report.test))}")
    parts += [f"% {column.name}: {_comment(column.signature)}" for column in report.columns]
    return "\n".join(parts) + "\n"


_Line = list[tuple[str, bool]]


def _grids(report: ScoreReport) -> Iterator[tuple[str, list[str], list[_Line]]]:
    """Heading, header and lines of cells (text, whether it is the best) for each kind of table."""
    metrics = [
        f"{column.name} {'↑' if column.higher_is_better else '↓'}" for column in report.columns
    ]
    for kind, group in groupby(report.tables, key=lambda table: table.kind):
        tables = list(group)
        lines: list[_Line] = []
        for table in tables:
            best = [
                best_rows(table, i, higher_is_better=column.higher_is_better)
                for i, column in enumerate(report.columns)
            ]
            for row in table.rows:
                split = [] if kind == WHOLE else [(table.name, False), (str(table.segments), False)]
                lines.append(
                    [
                        *split,
                        (row.system, False),
                        *(
                            (_full_text(cell, column), row.system in winners)
                            for cell, column, winners in zip(
                                row.cells, report.columns, best, strict=True
                            )
                        ),
                    ]
                )
        if kind == WHOLE:
            yield "", ["System", *metrics], lines
        else:
            yield f"By {kind}", [kind, "segments", "System", *metrics], lines


def _text_columns(header: list[str], report: ScoreReport) -> int:
    return len(header) - len(report.columns)


def _full_text(cell: ScoreCell, column: ScoreColumn) -> str:
    text = score_text(cell, column.digits)
    if cell.p_value is not None:
        text += f" (p = {p_text(cell.p_value, significant=cell.significant)})"
    return text if cell.cluster is None else f"{text} #{cell.cluster}"


def _markdown(text: str) -> str:
    text = " ".join(text.split()).replace("&", "&amp;").replace("<", "&lt;")
    return "".join(f"\\{character}" if character in "\\`*_[]|" else character for character in text)


_LATEX = {
    **{character: f"\\{character}" for character in "&%$#_{}"},
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "±": r"$\pm$",
    "↑": r"$\uparrow$",
    "↓": r"$\downarrow$",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
}


def _latex(text: str) -> str:
    return "".join(_LATEX.get(character, character) for character in " ".join(text.split()))


def _comment(text: str) -> str:
    return " ".join(text.split())
