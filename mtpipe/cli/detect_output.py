"""What ``mtpipe detect`` shows of an examination: lines, JSON, and reports in files."""

import json
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from mtpipe import __version__
from mtpipe.cells import one_line
from mtpipe.cli import console
from mtpipe.errors import InputError, OutputError
from mtpipe.files import permitted, replacement
from mtpipe.report.detection import detection_record, detection_row, likelihood_in_words
from mtpipe.types import Article, Detection, Quotation, Score, ScoreName

if TYPE_CHECKING:
    from mtpipe import Detector

_SHOWN_EVIDENCE = 4
_MAX_NAME_BYTES = 150


class Reports:
    """Report pages, and the same as JSON beside them.

    Args:
        path: of the page; a folder where there are several candidates.
        candidates: as they were named.
        named: all the files of the command, which no report may take the place of.

    Raises:
        InputError: it would, or that of something else that is no report.
        OutputError: it is where the user may not even look.
    """

    def __init__(self, path: Path, candidates: list[str], named: Sequence[str | Path]) -> None:
        self._path = path
        with permitted(path):
            is_folder = path.is_dir()
        self._in_folder = (
            is_folder
            or not path.suffix
            or len(candidates) > 1
            or any(Path(name).is_dir() for name in candidates)
        )
        self._written: str | None = None
        if not self._in_folder:
            _require_replaceable(path, named)

    def has(self, candidate: Article) -> bool:
        """Whether a candidate's report is there; a page that isn't named after one is unknown."""
        return self._in_folder and self._page(candidate.id).exists()

    def write(self, found: Detection, detector: "Detector") -> None:
        """Write the report of an examination.

        Args:
            found: the examination.
            detector: makes the page.

        Raises:
            InputError: it would take the place of another candidate's.
            OutputError: it can't be written.
        """
        path, name = self._page(found.candidate.id), found.candidate.id
        if not self._in_folder and self._written not in (None, name):
            raise InputError(
                f"{path} is the report on {self._written}, and there are more candidates",
                hint="give a folder for the reports: --report reports",
            )
        command = console.command_line()
        created = datetime.now(UTC).isoformat(timespec="seconds")
        page = detector.report(found, command=command, created=created)
        record = detection_record(found, command=command, version=__version__, created=created)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            # The page last: where it is, both are.
            for target, text in (
                (
                    path.with_suffix(".json"),
                    json.dumps(record, ensure_ascii=False, indent=1) + "\n",
                ),
                (path, page),
            ):
                with replacement(target) as file:
                    file.write(text.encode("utf-8", "replace"))
        except OSError as exc:
            raise OutputError(f"can't write {path}: {exc.strerror}") from exc
        self._written = name
        console.notice(f"report: {path}")

    def _page(self, name: str) -> Path:
        if not self._in_folder:
            return self._path
        stem = name.removesuffix(".html")
        safe = "".join(c if c.isalnum() or c in "-_." else "_" for c in stem).lstrip(".")
        safe = safe.encode("utf-8", "replace")[-_MAX_NAME_BYTES:].decode("utf-8", "ignore")
        if safe != stem:
            # What two names have become alike by stays apart.
            safe += f"-{sha256(name.encode('utf-8', 'replace')).hexdigest()[:8]}"
        return self._path / f"{safe}.html"


def _require_replaceable(page: Path, named: Sequence[str | Path]) -> None:
    """See that a page may be written, and its JSON beside it."""
    if page.suffix not in (".html", ".htm"):
        raise InputError(
            f"{page} doesn't end in .html", hint="name a page, or a folder: --report reports"
        )
    if any(os.path.realpath(name) == os.path.realpath(page) for name in named):
        raise InputError(f"{page} is a file that the command reads or writes already")
    record = page.with_suffix(".json")
    if page.exists() and b"Made by mtpipe" not in page.read_bytes():
        raise InputError(f"{page} is there, and no report of mtpipe's")
    if record.exists() and not page.exists():
        raise InputError(f"{record}, where the report goes as JSON, is something else's")


def print_json(found: Detection) -> None:
    """Print the row of an examination."""
    line = json.dumps(detection_row(found), ensure_ascii=False)
    sys.stdout.buffer.write(f"{line}\n".encode("utf-8", "replace"))
    sys.stdout.buffer.flush()


def print_summary(found: Detection) -> None:
    """Print verdict and scores with the weightiest evidence, for people."""
    verdict = found.verdict
    lines = [f"{found.candidate.id}: {verdict.finding.value}", f"  {verdict.explanation}"]
    if found.original:
        lines.append(f"  original: {found.original.id}")
    lines += [
        f"  another part is from: {other.original.id} ({other.verdict.finding.value})"
        for other in found.others
        if other.original
    ]
    for score in verdict.scores:
        lines += _score_lines(score, found)
    sys.stdout.buffer.write(("\n".join(map(one_line, lines)) + "\n").encode("utf-8", "replace"))
    sys.stdout.buffer.flush()


def _score_lines(score: Score, found: Detection) -> list[str]:
    name = score.name.value.replace("_", " ")
    if score.probability is None:
        return [f"  {name:15} -     {score.note}"]
    if score.likelihood and score.name is ScoreName.MACHINE_MADE:
        lines = [f"  {name:15} {likelihood_in_words(score.likelihood)}"]
        posterior = found.posterior(score.name)
        if posterior is not None:
            lines.append(f"    with a prior of {found.prior:.3g}: probability {posterior:.2g}")
    else:
        answer = "yes" if score.is_yes else "no "
        by_hand = "" if score.is_calibrated else "; weights set by hand"
        threshold = f"(from {score.threshold:.2f} on{by_hand})"
        lines = [f"  {name:15} {score.probability:.2f}  {answer} {threshold}"]
    lines += [f"    ({score.note})"] if score.note else []
    return lines + [
        f"    {evidence.weight:+.1f}  {evidence.description}{_quoted(evidence.quotations)}"
        for evidence in score.evidence[:_SHOWN_EVIDENCE]
        if evidence.weight
    ]


def _quoted(quotations: tuple[Quotation, ...]) -> str:
    return "".join(f" | {quotation.text[:80]}" for quotation in quotations[:2])
