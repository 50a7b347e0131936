"""``mtpipe detect``: is a candidate the machine translation of an original?"""

import json
import sys
from contextlib import ExitStack
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mtpipe.cli import console
from mtpipe.cli.furniture import (
    DropSelector,
    DropText,
    Furniture,
    KeepSelector,
    KeepText,
    Wording,
)
from mtpipe.cli.translate_lines import standard_input
from mtpipe.errors import FOUND, PARTIAL_FAILURE, InputError
from mtpipe.files import refuse_same
from mtpipe.types import Article, Detection, Failure, Finding, Language

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mtpipe.pipeline.detect.batch import DetectionSummary, Originals


class FailOn(StrEnum):
    """Verdicts that can fail the command."""

    MACHINE = "machine"
    SIGNS = "signs"
    TRANSLATION = "translation"
    RELATED = "related"
    COPY = "copy"


_FINDINGS = {
    FailOn.MACHINE: Finding.MACHINE_REPUBLICATION,
    FailOn.SIGNS: Finding.SIGNS,
    FailOn.TRANSLATION: Finding.TRANSLATION,
    FailOn.RELATED: Finding.RELATED,
    FailOn.COPY: Finding.COPY,
}
_LEAST_FOUND = 0.1
"""Share of a candidate that has to be found again for an article of the archive to be compared."""


def detect(
    candidates: Annotated[
        list[str] | None,
        typer.Argument(
            help="Articles under suspicion: pages, text, tables, folders, addresses, - .",
            metavar="CANDIDATE...",
        ),
    ] = None,
    original: Annotated[
        str | None,
        typer.Option("--original", metavar="FILE", help="The article that they may come from."),
    ] = None,
    archive: Annotated[
        str | None,
        typer.Option("--archive", metavar="DIR", help="Search this archive for the original."),
    ] = None,
    pairs: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Instead of candidates: JSON lines with original and candidate."
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="JSON lines, one a candidate; resumable."
        ),
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Write a page that explains the verdict, and JSON beside it; a folder for "
            "several candidates.",
        ),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON lines instead of the summary.")
    ] = False,
    fail_on: Annotated[
        list[FailOn] | None,
        typer.Option(help=f"Exit with {FOUND} if a candidate has this verdict; may be repeated."),
    ] = None,
    language: Annotated[
        str | None,
        typer.Option(help="Of the candidates; by default each one's is identified."),
    ] = None,
    within_days: Annotated[
        int | None,
        typer.Option(
            "--within",
            metavar="DAYS",
            min=0,
            help="With --archive: the original is at most so many days older.",
        ),
    ] = None,
    model: Annotated[
        str,
        typer.Option(
            "--model",
            "-m",
            metavar="NAME",
            help="Translates the original, to compare the candidate with and for reports.",
        ),
    ] = "auto",
    engine: Annotated[
        bool,
        typer.Option(help="Measure with translation models as well: slower, and much surer."),
    ] = True,
    rules: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="Further rules for pages, in TOML; may be repeated."),
    ] = None,
    card: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Card of the verdict, as --calibrate makes one."),
    ] = None,
    calibrate: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Don't detect: learn the verdict from labelled pairs, and write its card to -o.",
        ),
    ] = None,
    wording: Wording = None,
    drop_selector: DropSelector = None,
    keep_selector: KeepSelector = None,
    drop_text: DropText = None,
    keep_text: KeepText = None,
) -> None:
    """Tell whether a candidate is the machine translation of an original, and why.

    Three scores, each a probability: is the candidate a translation of the original, was it made
    by a machine, and does its page show that it was published again after a machine translation?
    The verdict on top also says when there isn't enough evidence. Without an original only the
    third can be told.

    Whether it was a machine is told far better with a good model at hand (`mtpipe models fetch`):
    the original is then translated, and the candidate compared with that.

    Rows of `--pairs` are `{"id", "original": {"language", "text"}, "candidate": {"language",
    "text"}}`; a text may be a list of sentences, and the original null. With `-o`, the same
    command goes on where it was interrupted; rows that fail are listed, and the exit code is 6.

    Examples:
    ```
    mtpipe detect page.html --original article.html --report report.html
    mtpipe detect pages/ --archive originals -o verdicts.jsonl
    mtpipe detect page.txt
    mtpipe detect --pairs pairs.jsonl -o verdicts.jsonl
    mtpipe detect --calibrate labelled.jsonl -o card.toml
    ```
    """
    furniture = Furniture(wording, drop_selector, keep_selector, drop_text, keep_text)
    if calibrate is not None or pairs:
        furniture.refuse_options("pairs")
    if calibrate is not None:
        if candidates or pairs:
            raise typer.BadParameter("--calibrate takes no candidates")
        if output is None:
            raise typer.BadParameter("--calibrate needs -o, where the card goes")
        _calibrate(calibrate, output, engine=engine)
        return
    if original and archive:
        raise typer.BadParameter("--original and --archive exclude each other")
    if within_days is not None and not archive:
        raise typer.BadParameter("--within goes with --archive")
    if pairs and (candidates or original or archive):
        raise typer.BadParameter("--pairs brings candidates and originals of its own")

    from mtpipe import Sources  # noqa: PLC0415
    from mtpipe.cli.detect_output import Reports, print_json, print_summary  # noqa: PLC0415
    from mtpipe.pipeline.detect import batch as detection  # noqa: PLC0415
    from mtpipe.pipeline.detect.detector import Detector  # noqa: PLC0415

    detector = Detector(card=card, rules=rules or (), engine=engine, model=model)
    if output == Path("-"):  # standard output, as everywhere
        output, as_json = None, True
    if output:
        inputs = [*(candidates or []), *(str(path) for path in (original, pairs, card) if path)]
        refuse_same([*Sources(inputs).files(stdin=standard_input()), *(rules or [])], [output])
    named: list[str | Path] = [
        *(candidates or []),
        *([original] if original else []),
        *([output] if output else []),
    ]
    reports = Reports(report, candidates or [], named) if report else None

    with ExitStack() as stack:
        rows = stack.enter_context(detection.opened_rows(output)) if output else None
        progress = stack.enter_context(console.progress(unit="candidates"))
        task = progress.add_task("examining", total=None, note="")

        def on_detection(found: Detection) -> None:
            if as_json:
                print_json(found)
            elif output is None:
                print_summary(found)
            if reports:
                reports.write(found)

        def on_progress(summary: "DetectionSummary") -> None:
            progress.update(task, completed=summary.done, note=f"{len(summary.failures)} failed")

        if pairs is not None:
            from mtpipe.pipeline.detect.pairs import read_pairs  # noqa: PLC0415

            summary = detection.detect_pairs(
                read_pairs(pairs),
                detector,
                translate=report is not None,
                rows=rows,
                is_complete=reports.has if reports else lambda _: True,
                on_detection=on_detection,
                on_progress=on_progress,
            )
        else:
            summary = detection.detect_articles(
                _candidates(candidates or ["-"], language, furniture),
                detector,
                originals=_originals(original, archive, within_days, furniture),
                translate=report is not None,
                rows=rows,
                is_complete=reports.has if reports else lambda _: True,
                on_detection=on_detection,
                on_progress=on_progress,
            )
    furniture.tell()
    _finish(summary, fail_on or [], output)


def _candidates(
    inputs: list[str], language: str | None, furniture: Furniture
) -> "Iterator[Article | Failure]":
    from mtpipe.ingest import read_articles  # noqa: PLC0415

    given = Language.parse(language) if language else None
    return furniture.watched(read_articles(inputs, language=given, rules=furniture.rules))


def _originals(
    original: str | None, archive: str | None, within_days: int | None, furniture: Furniture
) -> "Originals":
    from mtpipe.pipeline.detect.batch import Originals  # noqa: PLC0415

    if original is not None:
        from mtpipe.ingest import read_article  # noqa: PLC0415

        article = read_article(
            original,
            rules=furniture.rules,
            if_several=f"mtpipe archive add DIR {original}, then mtpipe detect --archive DIR",
        )
        furniture.count(article.id, article.furniture)
        return Originals.one(article)
    if archive is None:
        return Originals()
    from mtpipe.pipeline.archive.adding import OriginalFinder, Scope  # noqa: PLC0415
    from mtpipe.pipeline.detect.compilation import MOST_ORIGINALS  # noqa: PLC0415

    finder, scope = OriginalFinder(archive), Scope(within_days=within_days)

    def find(candidate: Article) -> list[Article]:
        found = finder.find(candidate, scope=scope, limit=MOST_ORIGINALS)
        return [one.article for one in found if one.score >= _LEAST_FOUND]

    name = f"{MOST_ORIGINALS} of {archive}@{finder.archive.version} within {within_days}"
    return Originals(find, name, archive)


def _finish(summary: "DetectionSummary", fail_on: list[FailOn], output: Path | None) -> None:
    from mtpipe.pipeline.failures import failures_of, write_failures  # noqa: PLC0415

    counts = ", ".join(f"{count} {finding}" for finding, count in summary.findings.most_common())
    before = summary.skipped.total()
    skipped = f", {before} were done before" if before else ""
    console.notice(f"{counts or 'nothing examined'}{skipped}, {summary.seconds:.1f} s")
    console.notice_some(
        [f"failed: {f.article_id} ({f.stage}): {f.error}" for f in summary.failures], "candidates"
    )
    if (place := failures_of(output)) and (written := write_failures(summary.failures, place)):
        console.notice(f"all failures are listed in {written}")
    if not summary.done:
        raise InputError("there is no candidate to examine")
    if (summary.findings | summary.skipped).keys() & {_FINDINGS[name] for name in fail_on}:
        raise typer.Exit(FOUND)
    if summary.failures:
        raise typer.Exit(PARTIAL_FAILURE)


def _calibrate(labelled: Path, output: Path, *, engine: bool) -> None:
    refuse_same([labelled], [output])
    from mtpipe.pipeline.detect.calibration import calibrate  # noqa: PLC0415
    from mtpipe.pipeline.detect.pairs import Pair, read_pairs  # noqa: PLC0415

    read = list(read_pairs(labelled))
    rows = [row for row in read if isinstance(row, Pair)]
    console.notice_some(
        [f"left out: {row.article_id}: {row.error}" for row in read if not isinstance(row, Pair)],
        "rows",
    )
    with console.progress(unit="pairs") as progress:
        total = 3 * len(rows)
        task = progress.add_task("measuring", total=total, note="")

        def on_progress(done: int) -> None:
            stage = "measuring" if done < total else "fitting"
            progress.update(task, completed=done, description=stage)

        figures = calibrate(rows, output, engine=engine, progress=on_progress)
    sys.stdout.write(json.dumps(figures, indent=1) + "\n")
    console.notice(f"the card is in {output}; use it with: mtpipe detect --card {output}")
