"""What a scoring run results in, whatever made it, and how its figures are put for people.

Formats are made of it in :mod:`mtpipe.report.score_formats`, :mod:`mtpipe.report.score_page` and,
for the terminal, :mod:`mtpipe.cli.score`.
"""

from dataclasses import dataclass

WHOLE = "all"
"""Kind of the table of all segments."""
SEGMENT = "segment"
"""Kind of the tables of single segments."""


@dataclass(frozen=True, slots=True)
class ScoreColumn:
    """A metric.

    Attributes:
        metric: as on the command line.
        name: as in tables.
        signature: what makes its figures comparable.
        higher_is_better: whether more is better.
        digits: behind the decimal point, for people.
        segment_signature: the same for figures of single segments, which BLEU computes otherwise
            (effective order); None where there are none.
    """

    metric: str
    name: str
    signature: str
    higher_is_better: bool
    digits: int
    segment_signature: str | None = None

    def signature_of(self, kind: str) -> str:
        """The signature of the figures in a table of that kind."""
        return self.segment_signature or self.signature if kind == SEGMENT else self.signature


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
        details: the metric's further figures (BLEU: precisions, brevity penalty, lengths), or
            empty.
    """

    value: float
    mean: float | None = None
    half_width: float | None = None
    p_value: float | None = None
    significant: bool | None = None
    cluster: int | None = None
    details: str = ""


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


def signatures(report: ScoreReport) -> list[tuple[str, str]]:
    """Names of the metrics and what makes their figures comparable."""
    found = []
    for column in report.columns:
        found.append((column.name, column.signature))
        if column.segment_signature not in (None, column.signature):
            found.append((f"{column.name} of segments", str(column.segment_signature)))
    return found


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
        f"paired bootstrap, {test.samples} resamples (sacrebleu's: its p-values are too small)"
        if test.method == "bootstrap"
        else f"paired approximate randomisation, {test.samples} trials"
    )
    return (
        f"{samples}, seed {test.seed}; p against {test.baseline}, * where p < {test.alpha:g}; "
        "#n is the cluster: systems not significantly worse than its best"
    )
