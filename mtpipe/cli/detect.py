"""``mtpipe detect``: is a candidate the machine translation of an original?"""

import json
import sys
from contextlib import ExitStack
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mtpipe.cli import console
from mtpipe.errors import FOUND, PARTIAL_FAILURE, InputError, OutputError
from mtpipe.types import Article, Detection, Finding, Language, Quotation

if TYPE_CHECKING:
    from mtpipe.pipeline.detect import DetectionSummary, FindOriginal


class FailOn(StrEnum):
    """Verdicts that can fail the command."""

    MACHINE = "machine"
    SIGNS = "signs"
    TRANSLATION = "translation"
    COPY = "copy"


_FINDINGS = {
    FailOn.MACHINE: Finding.MACHINE_REPUBLICATION,
    FailOn.SIGNS: Finding.SIGNS,
    FailOn.TRANSLATION: Finding.TRANSLATION,
    FailOn.COPY: Finding.COPY,
}
_SHOWN_EVIDENCE = 4
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
        typer.Option(
            help="Measure with translation models as well; any but the one that ships make the "
            "answer much surer."
        ),
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
    if calibrate is not None:
        if candidates or pairs:
            raise typer.BadParameter("--calibrate takes no candidates")
        if output is None:
            raise typer.BadParameter("--calibrate needs -o, where the card goes")
        _calibrate(calibrate, output, engine=engine)
        return
    if original and archive:
        raise typer.BadParameter("--original and --archive exclude each other")
    if pairs and (candidates or original or archive or report):
        raise typer.BadParameter("--pairs goes with -o, --json and --fail-on only")

    from mtpipe.pipeline import detect as detection  # noqa: PLC0415
    from mtpipe.pipeline.republication import Detector  # noqa: PLC0415

    detector = Detector(card=card, rules=rules or (), engine=engine, model=model)
    seen: set[Finding] = set()

    with ExitStack() as stack:
        rows = stack.enter_context(detection.opened_rows(output)) if output else None
        progress = stack.enter_context(console.progress(unit="candidates"))
        task = progress.add_task("examining", total=None, note="")

        def on_detection(found: Detection) -> None:
            seen.add(found.verdict.finding)
            if as_json:
                _print_json(found)
            elif output is None:
                _print_summary(found)
            if report is not None:
                _write_report(found, report, several=_are_several(candidates))

        def on_progress(summary: "DetectionSummary") -> None:
            progress.update(task, completed=summary.done, note=f"{len(summary.failures)} failed")

        if pairs is not None:
            from mtpipe.pipeline.pairs import read_pairs  # noqa: PLC0415

            summary = detection.detect_pairs(
                read_pairs(pairs),
                detector,
                rows=rows,
                on_detection=on_detection,
                on_progress=on_progress,
            )
        else:
            from mtpipe.ingest import read_articles  # noqa: PLC0415

            given = Language.parse(language) if language else None
            summary = detection.detect_articles(
                read_articles(candidates or ["-"], language=given),
                detector,
                find_original=_finder(original, archive, within_days),
                translate=report is not None,
                rows=rows,
                on_detection=on_detection,
                on_progress=on_progress,
            )
    _finish(summary, seen, fail_on or [])


def _finder(original: str | None, archive: str | None, within_days: int | None) -> "FindOriginal":
    if original is not None:
        from mtpipe.ingest import read_article  # noqa: PLC0415

        article = read_article(
            original,
            if_several=f"mtpipe archive add DIR {original}, then mtpipe detect --archive DIR",
        )
        return lambda _: article
    if archive is None:
        return lambda _: None
    from mtpipe.pipeline.archive import OriginalFinder, Scope  # noqa: PLC0415

    finder, scope = OriginalFinder(archive), Scope(within_days=within_days)

    def find(candidate: Article) -> Article | None:
        found = finder.find(candidate, scope=scope, limit=1)
        return found[0].article if found and found[0].score >= _LEAST_FOUND else None

    return find


def _are_several(candidates: list[str] | None) -> bool:
    names = candidates or []
    return len(names) > 1 or any(Path(name).is_dir() for name in names)


def _print_json(found: Detection) -> None:
    from mtpipe.report.detection import detection_row  # noqa: PLC0415

    line = json.dumps(detection_row(found), ensure_ascii=False)
    sys.stdout.buffer.write(f"{line}\n".encode("utf-8", "replace"))
    sys.stdout.buffer.flush()


def _print_summary(found: Detection) -> None:
    verdict = found.verdict
    lines = [f"{found.candidate.id}: {verdict.finding.value}", f"  {verdict.explanation}"]
    if found.original:
        lines.append(f"  original: {found.original.id}")
    for score in verdict.scores:
        name = score.name.value.replace("_", " ")
        if score.probability is None:
            lines.append(f"  {name:15} -     {score.note}")
            continue
        answer = "yes" if score.is_yes else "no "
        lines.append(
            f"  {name:15} {score.probability:.2f}  {answer} (from {score.threshold:.2f} on)"
        )
        lines += [
            f"    {evidence.weight:+.1f}  {evidence.description}{_quoted(evidence.quotations)}"
            for evidence in score.evidence[:_SHOWN_EVIDENCE]
        ]
    sys.stdout.buffer.write(("\n".join(lines) + "\n").encode("utf-8", "replace"))
    sys.stdout.buffer.flush()


def _quoted(quotations: tuple[Quotation, ...]) -> str:
    return "".join(f" | {quotation.text[:80]}" for quotation in quotations[:2])


def _write_report(found: Detection, report: Path, *, several: bool) -> None:
    from datetime import UTC, datetime  # noqa: PLC0415

    from mtpipe import __version__  # noqa: PLC0415
    from mtpipe.records import replacement  # noqa: PLC0415
    from mtpipe.report.detection import detection_page, detection_record  # noqa: PLC0415

    path = report
    if several or report.is_dir():
        safe = "".join(c if c.isalnum() or c in "-_." else "_" for c in found.candidate.id)
        path = report / f"{safe.removesuffix('.html')[-100:]}.html"
    command = console.command_line()
    created = datetime.now(UTC).isoformat(timespec="seconds")
    page = detection_page(found, command=command, version=__version__, created=created)
    record = detection_record(found, command=command, version=__version__, created=created)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        for target, text in (
            (path, page),
            (path.with_suffix(".json"), json.dumps(record, ensure_ascii=False, indent=1) + "\n"),
        ):
            with replacement(target) as file:
                file.write(text.encode("utf-8", "replace"))
    except OSError as exc:
        raise OutputError(f"can't write {path}: {exc.strerror}") from exc
    console.notice(f"report: {path}")


def _finish(summary: "DetectionSummary", seen: set[Finding], fail_on: list[FailOn]) -> None:
    counts = ", ".join(f"{count} {finding}" for finding, count in summary.findings.most_common())
    skipped = f", {summary.skipped} were done before" if summary.skipped else ""
    console.notice(f"{counts or 'nothing examined'}{skipped}, {summary.seconds:.1f} s")
    console.notice_some(
        [f"failed: {f.article_id} ({f.stage}): {f.error}" for f in summary.failures], "candidates"
    )
    if not summary.done:
        raise InputError("there is no candidate to examine")
    if seen & {_FINDINGS[name] for name in fail_on}:
        raise typer.Exit(FOUND)
    if summary.failures:
        raise typer.Exit(PARTIAL_FAILURE)


def _calibrate(labelled: Path, output: Path, *, engine: bool) -> None:
    from mtpipe.pipeline.calibration import calibrate  # noqa: PLC0415
    from mtpipe.pipeline.pairs import Pair, read_pairs  # noqa: PLC0415

    rows = [row for row in read_pairs(labelled) if isinstance(row, Pair)]
    with console.progress(unit="pairs") as progress:
        total = 3 * len(rows)
        task = progress.add_task("measuring", total=total, note="")

        def on_progress(done: int) -> None:
            stage = "measuring" if done < total else "fitting"
            progress.update(task, completed=done, description=stage)

        figures = calibrate(rows, output, engine=engine, progress=on_progress)
    sys.stdout.write(json.dumps(figures, indent=1) + "\n")
    console.notice(f"the card is in {output}; use it with: mtpipe detect --card {output}")
