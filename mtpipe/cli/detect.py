"""``mtpipe detect``: is a candidate the machine translation of an original?"""

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from mtpipe.cli import console, detect_options
from mtpipe.cli.detect_calibration import calibrate_card
from mtpipe.cli.furniture import (
    DropSelector,
    DropText,
    Furniture,
    KeepSelector,
    KeepText,
    Wording,
)
from mtpipe.cli.options import STANDARD, From
from mtpipe.cli.translate_lines import standard_input
from mtpipe.errors import FOUND, PARTIAL_FAILURE, InputError
from mtpipe.files import refuse_same
from mtpipe.types import Article, Detection, Language
from mtpipe.types.choices import FailOn

if TYPE_CHECKING:
    from mtpipe import Detector, Sources
    from mtpipe.cli.detect_output import Reports
    from mtpipe.results import DetectionSummary


_FOR_DETECTING = {
    *("original", "archive", "report", "as_json", "fail_on", "spoken"),
    *("within_days", "prior", "model", "rules", "card"),
}
"""Parameters that only an examination heeds."""


@dataclass(frozen=True, slots=True)
class _Given:
    """What the command line names."""

    candidates: list[str]
    original: str | None
    archive: str | None
    pairs: Path | None
    output: Path | None
    report: Path | None
    as_json: bool

    @property
    def rows(self) -> Path | None:
        """The file of rows; None for standard output."""
        return None if self.output == STANDARD else self.output

    @property
    def prints_json(self) -> bool:
        """Whether rows go to standard output."""
        return self.as_json or self.output == STANDARD


def detect(
    ctx: typer.Context,
    candidates: detect_options.Candidates = None,
    original: detect_options.Original = None,
    archive: detect_options.Archive = None,
    pairs: detect_options.Pairs = None,
    output: detect_options.Output = None,
    report: detect_options.Report = None,
    as_json: detect_options.Json = False,
    fail_on: detect_options.FailOns = None,
    spoken: From = None,
    within_days: detect_options.WithinDays = None,
    prior: detect_options.Prior = None,
    model: detect_options.Model = "auto",
    engine: detect_options.Engine = True,
    rules: detect_options.Rules = None,
    card: detect_options.Card = None,
    calibrate: detect_options.Calibrate = None,
    wording: Wording = None,
    drop_selector: DropSelector = None,
    keep_selector: KeepSelector = None,
    drop_text: DropText = None,
    keep_text: KeepText = None,
) -> None:
    """Say whether a candidate is the machine translation of an original, and why.

    Three probabilities: is it a translation of the original, did a machine make it, and does its
    page show it? Without an original only the third can be given. A good model makes the second
    much more reliable (`mtpipe models fetch`).

    Rows of `--pairs` are `{"id", "original": {"language", "text"}, "candidate": {...}}`; a text may
    be a list of sentences, and the original null. With `-o`, the same command resumes after an
    interruption; failures are listed, and the exit code is 6.

    Examples:
    ```
    mtpipe detect page.html --original article.html --report report.html
    mtpipe detect pages/ --archive originals -o verdicts.jsonl
    mtpipe detect --pairs pairs.jsonl -o verdicts.jsonl --prior 0.01
    mtpipe detect --calibrate labelled.jsonl -o card.toml
    ```
    """
    furniture = Furniture(wording, drop_selector, keep_selector, drop_text, keep_text)
    given = _Given(candidates or [], original, archive, pairs, output, report, as_json)
    _refuse_combinations(ctx, given, furniture, calibrate=calibrate, within_days=within_days)
    if calibrate and output is not None:
        calibrate_card(calibrate, output, engine=engine)
        return
    from mtpipe import Detector, Sources  # noqa: PLC0415 - not on the way to --help

    sources = Sources(given.candidates or ([] if pairs else ["-"]))
    reports = _reports(given, sources, [*(rules or []), *([card] if card else [])])
    detector = Detector(
        archive=archive,
        within_days=within_days,
        card=card,
        rules=rules or (),
        engine=engine,
        model=model,
        prior=prior,
    )
    items = _items(given, sources, furniture, spoken)
    _finish(_examine(given, items, detector, furniture, reports), fail_on or [], given)


def _refuse_combinations(
    ctx: typer.Context,
    given: _Given,
    furniture: Furniture,
    *,
    calibrate: Sequence[Path] | None,
    within_days: int | None,
) -> None:
    """Complain of options that exclude each other, or that would have no effect."""
    if calibrate or given.pairs:
        furniture.refuse_options("pairs")
    if calibrate:
        if given.candidates or given.pairs:
            raise typer.BadParameter("--calibrate takes no candidates")
        if given.output is None:
            raise typer.BadParameter("--calibrate needs -o, where the card goes")
        _refuse_given(ctx, _FOR_DETECTING, "--calibrate learns, and examines nothing")
        return
    if given.original and given.archive:
        raise typer.BadParameter("--original and --archive exclude each other")
    if within_days is not None and not given.archive:
        raise typer.BadParameter("--within goes with --archive")
    if given.pairs and (given.candidates or given.original or given.archive):
        raise typer.BadParameter("--pairs brings candidates and originals of its own")
    if given.pairs:
        _refuse_given(ctx, {"spoken"}, "--pairs says what language each text is in")


def _refuse_given(ctx: typer.Context, names: Set[str], reason: str) -> None:
    """Complain of options on the command line, by the names of their parameters."""
    found = [
        param.opts[0]
        for param in ctx.command.params
        if param.name in names and _is_given(ctx, str(param.name))
    ]
    if found:
        raise typer.BadParameter(f"{', '.join(found)}: {reason}")


def _is_given(ctx: typer.Context, name: str) -> bool:
    source = ctx.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def _reports(given: _Given, sources: "Sources", settings: list[Path]) -> "Reports | None":
    """See that nothing is written over what is read; where the reports go, if they are wanted."""
    from mtpipe import Sources  # noqa: PLC0415 - not on the way to --help
    from mtpipe.cli.detect_output import Reports  # noqa: PLC0415

    if given.rows:
        others = Sources(str(path) for path in (given.original, given.pairs, *settings) if path)
        read = [*sources.files(stdin=standard_input()), *others.files(stdin=standard_input())]
        refuse_same(read, [given.rows])
    named = [*given.candidates, *(place for place in (given.original, given.rows) if place)]
    return Reports(given.report, given.candidates, named) if given.report else None


def _examine(
    given: _Given,
    items: Iterable[Any],
    detector: "Detector",
    furniture: Furniture,
    reports: "Reports | None",
) -> "DetectionSummary":
    """Examine all candidates, and show each result as it comes."""
    from mtpipe.cli.detect_output import print_json, print_summary  # noqa: PLC0415

    with (
        detector.examine_all(
            items,
            original=_original(given.original, furniture),
            translate=given.report is not None,
            rows=given.rows,
            is_complete=reports.has if reports else lambda _: True,
        ) as results,
        console.progress(unit="candidates") as progress,
    ):
        task = progress.add_task("examining", total=None, note="")
        for result in results:
            if isinstance(result, Detection):
                if given.prints_json:
                    print_json(result)
                elif given.rows is None:
                    print_summary(result)
                if reports:
                    reports.write(result, detector)
            note = f"{len(results.summary.failures)} failed"
            progress.update(task, completed=results.summary.done, note=note)
    furniture.tell()
    return results.summary


def _items(
    given: _Given, sources: "Sources", furniture: Furniture, spoken: str | None
) -> Iterable[Any]:
    """Candidates as they are read."""
    from mtpipe import read_articles, read_pairs  # noqa: PLC0415 - not on the way to --help

    if given.pairs is not None:
        return read_pairs(given.pairs)
    language = Language.parse(spoken) if spoken else None
    return furniture.watched(read_articles(sources, language=language, rules=furniture.rules))


def _original(name: str | None, furniture: Furniture) -> Article | None:
    if name is None:
        return None
    from mtpipe import read_article  # noqa: PLC0415 - not on the way to --help

    article = read_article(
        name,
        rules=furniture.rules,
        if_several=f"mtpipe archive add DIR {name}, then mtpipe detect --archive DIR",
    )
    furniture.count(article.id, article.furniture)
    return article


def _finish(summary: "DetectionSummary", fail_on: Sequence[FailOn], given: _Given) -> None:
    counts = ", ".join(f"{count} {finding}" for finding, count in summary.findings.most_common())
    before = summary.skipped.total()
    skipped = f", {before} were done before" if before else ""
    console.notice(f"{counts or 'nothing examined'}{skipped}, {summary.seconds:.1f} s")
    console.failures_some(
        [f"failed: {f.article_id} ({f.stage}): {f.error}" for f in summary.failures], "candidates"
    )
    if written := summary.list_failures(given.rows):
        console.notice(f"all failures are listed in {written}")
    if not summary.done:
        raise InputError("there is no candidate to examine")
    if (summary.findings | summary.skipped).keys() & {name.finding for name in fail_on}:
        raise typer.Exit(FOUND)
    if summary.failures:
        raise typer.Exit(PARTIAL_FAILURE)
