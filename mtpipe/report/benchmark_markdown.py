"""A benchmark as Markdown."""

from collections.abc import Iterator

from mtpipe.report.benchmark import Sheet, group_sheet, sheet
from mtpipe.types.benchmark import BenchmarkReport, SetReport


def markdown(report: BenchmarkReport) -> str:
    """The report as a Markdown document."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: BenchmarkReport) -> Iterator[str]:
    yield f"# Benchmark: {report.task.value}"
    yield ""
    yield f"Measured on: {_escaped(report.machine)}; {report.threads} threads."
    for warning in report.warnings:
        yield ""
        yield f"**Warning:** {_escaped(warning)}"
    for each in report.sets:
        yield ""
        yield f"## {_escaped(each.name)}"
        yield ""
        yield f"Licence: {_escaped(each.licence)}. From: {_escaped(each.source)}.{_verified(each)}"
        if each.overall:
            yield from _section("All directions", sheet(each, each.overall))
        for direction, rows in each.directions.items():
            yield from _section(direction, sheet(each, rows))
        for label, groups in each.groups.items():
            if groups:
                yield from _section(f"Parts: {label}", group_sheet(groups))
        yield ""
        yield from (f"- {_escaped(name)}: `{s}`" for name, s in each.metric_signatures.items())
        if each.significance:
            yield f"- ranks: `{each.significance}`"
        keys = dict.fromkeys(r.signature for rows in each.directions.values() for r in rows)
        yield from (f"- `{signature}`" for signature in keys if signature)
    yield ""
    yield "## Method"
    yield ""
    yield from (f"- {_escaped(sentence)}" for sentence in report.method)


def _verified(each: SetReport) -> str:
    if each.verified is None:
        return ""
    return " Files as in the manifest." if each.verified else " Files differ from the manifest."


def _section(title: str, table: Sheet) -> Iterator[str]:
    yield ""
    yield f"### {_escaped(title)}"
    yield ""
    yield from _table(table)


def _table(table: Sheet) -> Iterator[str]:
    yield f"| {' | '.join(map(_escaped, table.headers))} |"
    yield f"|---|{'---:|' * (len(table.headers) - 1)}"
    for row in table.rows:
        cells = (_escaped(f"{c.text} ({c.note})" if c.note else c.text) for c in row)
        yield f"| {' | '.join(cells)} |"


def _escaped(text: str) -> str:
    for character in "\\|<>*_`[]":
        text = text.replace(character, f"\\{character}")
    return " ".join(text.split())
