"""The files that a job leaves: which there are, of what type, and all of them in one."""

import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from mtpipe.errors import OutputError
from mtpipe.files import open_for_oneself, replacement
from mtpipe.records import write_records
from mtpipe.types import Failure
from mtpipe.types.choices import DocumentFormat
from mtpipe.web.jobs.folder import JobFolder, not_kept
from mtpipe.web.jobs.job import JobFile, JobKind

__all__ = [
    "DOCUMENTS",
    "ZIP",
    "files_of",
    "keep",
    "keep_failures",
    "outcome_of",
    "partial_files",
    "zip_results",
]

ZIP = "all.zip"

DOCUMENTS = {
    "translation.html": DocumentFormat.HTML,
    "translation.txt": DocumentFormat.TEXT,
    "translation.tsv": DocumentFormat.TSV,
    "translation.tmx": DocumentFormat.TMX,
    "translation.xlf": DocumentFormat.XLIFF,
}
"""Forms of a translation, by name of the file, that are written when somebody wants them."""

_MEDIA_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".json": "application/json",
    ".jsonl": "application/x-ndjson",
    ".txt": "text/plain; charset=utf-8",
    ".tsv": "text/tab-separated-values; charset=utf-8",
    ".csv": "text/csv; charset=utf-8",
    ".md": "text/markdown; charset=utf-8",
    ".tex": "application/x-tex",
    ".tmx": "application/x-tmx+xml",
    ".xlf": "application/xliff+xml",
    ".zip": "application/zip",
}
_FIRST = ("report.html", "translation.html", "alignment.html", "score.html", "rows.jsonl")


def keep(folder: JobFolder, name: str, text: str) -> None:
    """Write a result as a whole.

    Raises:
        OutputError: it can't be written.
    """
    path = folder.result(name)
    try:
        path.parent.mkdir(exist_ok=True)
        with replacement(path) as file:
            file.write(text.encode("utf-8", "replace"))
    except OSError as exc:
        raise not_kept(exc) from exc


def keep_failures(folder: JobFolder, failures: Sequence[Failure]) -> None:
    """List what failed; without any there is no list, not even that of an earlier try.

    Raises:
        OutputError: it can't be written.
    """
    path = folder.result("failures.jsonl")
    if failures:
        write_records(path, map(asdict, failures))
        return
    try:
        path.unlink(missing_ok=True)
    except OSError as exc:
        raise not_kept(exc) from exc


def outcome_of(folder: JobFolder, summary: Mapping[str, Any]) -> dict[str, Any]:
    """What a job came to: the files that are there, those that can be had, and a summary."""
    files = files_of(folder)
    names = {name for name, *_ in files}
    offered = [name for name in DOCUMENTS if "translation.jsonl" in names and name not in names]
    if len(files) > 1:
        offered.append(ZIP)
    more = [[name, media_type_of(name), None] for name in offered]
    return {"files": [*files, *more], "summary": dict(summary)}


def files_of(folder: JobFolder) -> list[list[Any]]:
    """Name, type and size of each result, what people look at first in front."""
    found = [
        [name, media_type_of(name), path.stat().st_size] for name, path in _there(folder.results)
    ]
    return sorted(found, key=lambda file: (file[0] not in _FIRST, "/" in file[0], file[0]))


def partial_files(folder: JobFolder, kind: JobKind) -> list[JobFile]:
    """What a job that was given up has finished; nothing works on it any more.

    A line that was cut off is cut off altogether. Half an alignment or score there is none.
    """
    if kind not in (JobKind.TRANSLATE, JobKind.DETECT):
        return []
    for name, path in _there(folder.results):
        if name.endswith(".jsonl"):
            with suppress(OutputError, OSError):
                _cut_off(path)
    return [JobFile(*file) for file in files_of(folder) if file[2]]


def zip_results(folder: JobFolder, names: Iterable[str]) -> None:
    """Put results into one file.

    Raises:
        OutputError: it can't be written.
    """
    try:
        with (
            replacement(folder.result(ZIP)) as file,
            zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive,
        ):
            for name in names:
                if name != ZIP and (path := folder.result(name)).is_file():
                    archive.write(path, name)
    except OSError as exc:
        raise not_kept(exc) from exc


def media_type_of(name: str) -> str:
    """The type of a result by its name."""
    return _MEDIA_TYPES.get(Path(name).suffix, "application/octet-stream")


def _there(results: Path) -> Iterator[tuple[str, Path]]:
    """Finished files and their names; those of a writer that was killed begin with a dot."""
    for path in results.rglob("*"):
        name = path.relative_to(results).as_posix()
        if path.is_file() and not path.is_symlink() and not path.name.startswith("."):
            yield name, path


def _cut_off(path: Path) -> None:
    with open_for_oneself(path, path) as file:
        file.seek(0)
        end = 0
        for line in file:
            end += len(line) if line.endswith(b"\n") else 0
        file.truncate(end)
