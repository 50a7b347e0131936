"""Test sets: from the user's files, WMT's XML, or sacrebleu by name, with their manifests.

A file is known by its name: ``news.de-en.tsv`` (source TAB reference TAB further references),
``news.de`` with ``news.fr`` beside it (parallel by line, all directions between them),
``news.xml`` (WMT 2021 and later), for alignment ``news.de``, ``news.fr`` and ``news.defr`` (gold,
in Vecalign's format), for detection ``news.jsonl``, which may be compressed (``news.jsonl.gz``).
"""

import glob
import itertools
import logging
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path

from mtpipe.compressed import without_ending
from mtpipe.errors import InputError, UnsupportedDirection
from mtpipe.lines import MAX_LINES, LineFlag, read_lines
from mtpipe.pipeline.bench.labelled import read_labelled
from mtpipe.pipeline.bench.manifests import manifest_of
from mtpipe.pipeline.bench.units import TestSet, Unit
from mtpipe.types import Direction, Language
from mtpipe.types.benchmark import BenchmarkTask

_log = logging.getLogger(__name__)

MAX_FILE_BYTES = 512 * 2**20
"""A larger file is no test set."""


def read_testset(
    name: str,
    task: BenchmarkTask,
    *,
    directions: Sequence[Direction] = (),
    max_items: int | None = None,
) -> list[TestSet]:
    """The test sets that a name stands for.

    Args:
        name: a file, a folder, the common stem of parallel files, or sacrebleu's name of a set.
        task: what it is for.
        directions: keep only these; all if empty.
        max_items: keep only so many lines (translation) or pairs (detection) of each direction.

    Returns:
        One set, or several of a folder, by name.

    Raises:
        InputError: there is nothing of that name, or it can't be read.
        UnsupportedDirection: it has none of the directions.
    """
    found = _read(name, task)
    if not found:
        raise InputError(
            f"{name} is no test set for {task.value}: {_reason(name, task)}", hint=_LAYOUTS[task]
        )
    kept = []
    for each in found:
        units = tuple(
            _limited(unit, task, max_items)
            for unit in each.units
            if not directions or unit.direction in directions
        )
        if units:
            kept.append(TestSet(each.name, units, each.manifest, each.verified))
    if not kept:
        have = ", ".join(unit.name for each in found for unit in each.units)
        raise UnsupportedDirection(
            f"{name} has none of these directions: {', '.join(map(str, directions))}",
            hint=f"it has {have}",
        )
    return kept


def _is_possible(path: Path) -> bool:
    """Whether a file could have such a name; some are longer than the system takes."""
    try:
        path.exists()
    except (OSError, ValueError):
        return False
    return True


def _reason(name: str, task: BenchmarkTask) -> str:
    path = Path(name)
    if _is_possible(path) and path.exists():
        return "nothing there has a name like a test set's"
    known = ", and sacrebleu has none of that name" if task is BenchmarkTask.TRANSLATE else ""
    return f"no such file, folder or stem{known}"


_LAYOUTS = {
    BenchmarkTask.TRANSLATE: "it is NAME.de-en.tsv, NAME.de and NAME.en side by side, a WMT XML "
    "file, a folder of these, or a set of sacrebleu, such as wmt19",
    BenchmarkTask.ALIGN: "it is NAME.de, NAME.fr and the gold alignment NAME.defr side by side",
    BenchmarkTask.DETECT: "it is a file of JSON lines: pair, label (human or machine), source, "
    "candidate",
}


def _limited(unit: Unit, task: BenchmarkTask, count: int | None) -> Unit:
    if count is None or task is BenchmarkTask.ALIGN or len(unit.sources) <= count:
        return unit
    targets = tuple(side[:count] for side in unit.targets)
    return Unit(
        unit.direction, unit.sources[:count], targets, unit.gold[:count], unit.origins[:count]
    )


def _read(name: str, task: BenchmarkTask) -> list[TestSet]:
    path = Path(name)
    if not _is_possible(path):
        return []
    if path.is_dir():
        files = sorted(entry for entry in path.iterdir() if entry.is_file())
    elif path.is_file():
        files = [path]
        if _language(path) or task is BenchmarkTask.ALIGN:
            files = sorted(path.parent.glob(f"{glob.escape(path.stem)}.*"))
    else:
        files = (
            sorted(path.parent.glob(f"{glob.escape(path.name)}.*")) if path.parent.is_dir() else []
        )
        files = [file for file in files if file.is_file()]
    sets = _of_files(files, task)
    if not sets and task is BenchmarkTask.TRANSLATE and not path.exists():
        return _of_sacrebleu(name)
    return sets


def _of_files(files: Sequence[Path], task: BenchmarkTask) -> list[TestSet]:
    """Group files to sets by their names and read them."""
    used: dict[str, list[Path]] = {}
    units: dict[str, list[Unit]] = {}
    for name, some, unit in _units(files, task):
        units.setdefault(name, []).append(unit)
        used.setdefault(name, []).extend(some)
    sets = []
    for name in sorted(units):
        manifest, verified = manifest_of(name, sorted(set(used[name])))
        ordered = sorted(units[name], key=lambda unit: unit.direction)
        if len({unit.direction for unit in ordered}) < len(ordered):
            raise InputError(f"the test set {name} has a direction in two files", hint="rename one")
        sets.append(TestSet(name, tuple(ordered), manifest, verified))
    return sets


def _units(
    files: Sequence[Path], task: BenchmarkTask
) -> Iterator[tuple[str, Sequence[Path], Unit]]:
    """Name of the set, files and unit of everything in some files."""
    if task is BenchmarkTask.DETECT:
        yield from _labelled(files)
        return
    yield from _side_by_side(files, task)
    if task is BenchmarkTask.TRANSLATE:
        yield from _alone(files)


def _labelled(files: Sequence[Path]) -> Iterator[tuple[str, Sequence[Path], Unit]]:
    for path in files:
        unpacked = without_ending(path)
        if unpacked.suffix.lower() == ".jsonl":
            yield from ((unpacked.stem, [path], unit) for unit in read_labelled(path))


def _side_by_side(
    files: Sequence[Path], task: BenchmarkTask
) -> Iterator[tuple[str, Sequence[Path], Unit]]:
    by_stem: dict[str, dict[Language, Path]] = {}
    for path in files:
        if language := _language(path):
            by_stem.setdefault(path.stem, {})[language] = path
    read = cache(_text)
    for stem, sides in by_stem.items():
        for source, target in itertools.permutations(sides, 2):
            pair = Direction(source, target), (sides[source], sides[target])
            if task is BenchmarkTask.TRANSLATE:
                yield stem, pair[1], _parallel(*pair, read)
            elif (gold := sides[source].with_suffix(f".{source}{target}")) in files:
                yield stem, [*pair[1], gold], _aligned(*pair, gold, read)


def _alone(files: Sequence[Path]) -> Iterator[tuple[str, Sequence[Path], Unit]]:
    for path in files:
        if path.suffix == ".tsv" and (direction := _direction(path)):
            yield Path(path.stem).stem, [path], _columns(path, direction)
        elif path.suffix == ".xml":
            unit = _wmt(path)
            # newstest2021.de-en.all.xml
            name, end, _ = path.name.partition(f".{unit.name}.")
            yield name if end else path.stem, [path], unit


def _wmt(path: Path) -> Unit:
    from mtpipe.scoring.inputs import Input  # noqa: PLC0415 - few sets are of this form
    from mtpipe.scoring.wmt import read_wmt  # noqa: PLC0415

    found = read_wmt(Input(path, None, path.name))
    if not found.references:
        raise InputError(f"{path} has no reference", hint="such a file can only be translated")
    try:
        direction = Direction(*map(Language.parse, found.direction))
    except UnsupportedDirection as exc:
        raise UnsupportedDirection(f"{path}: {exc.message}", hint=exc.hint) from exc
    references = (tuple(text or None for text in side) for side in found.references.values())
    return Unit(direction, found.source, tuple(references))


def _language(path: Path) -> Language | None:
    code = path.suffix[1:]
    return Language(code) if code in set(Language) else None


def _direction(path: Path) -> Direction | None:
    try:
        return Direction.parse(Path(path.stem).suffix[1:])
    except UnsupportedDirection:
        return None


def _text(path: Path) -> tuple[str, ...]:
    """The lines of a file; says so where they aren't those that stand in it."""
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise InputError(f"{path} is larger than {MAX_FILE_BYTES // 2**20} MB")
        with path.open("rb") as stream:
            lines = list(read_lines(stream, name=str(path), most=MAX_LINES))
    except OSError as exc:
        raise InputError(f"can't read {path}: {exc.strerror}") from exc
    for flag in LineFlag:
        numbers = [line.number for line in lines if line.flag is flag]
        if numbers:
            _log.warning("%s: line %d %s (%d such lines)", path, numbers[0], flag, len(numbers))
    return tuple(line.text for line in lines)


_Texts = Callable[[Path], tuple[str, ...]]


def _parallel(direction: Direction, paths: Sequence[Path], read: _Texts) -> Unit:
    source, target = map(read, paths)
    if len(source) != len(target) or not source:
        raise InputError(
            f"{paths[0]} has {len(source)} lines and {paths[1]} {len(target)}",
            hint="parallel files have one line for each line of the other",
        )
    return Unit(direction, source, (target,))


def _columns(path: Path, direction: Direction) -> Unit:
    rows = [line.split("\t") for line in _text(path)]
    widths = {len(row) for row in rows}
    if len(widths) != 1 or min(widths) < 2:
        raise InputError(
            f"{path}: not every line is a source, a tab and a reference",
            hint="further references are further columns, the same number in every line",
        )
    source, *references = zip(*rows, strict=True)
    return Unit(direction, source, tuple(references))


def _aligned(direction: Direction, paths: Sequence[Path], gold: Path, read: _Texts) -> Unit:
    from mtpipe.alignment.evaluate import read_beads  # noqa: PLC0415

    source, target = map(read, paths)
    beads = read_beads(gold)
    for path, texts, side in ((paths[0], source, 0), (paths[1], target, 1)):
        last = max((i for bead in beads for i in bead[side]), default=-1)
        if last >= len(texts):
            raise InputError(f"{gold} names sentence {last} (from 0); {path} has {len(texts)}")
    return Unit(direction, source, (target,), tuple(beads))


def _of_sacrebleu(name: str) -> list[TestSet]:
    """A set that sacrebleu knows; it downloads what isn't in its folder yet."""
    from sacrebleu import utils

    units: list[Unit] = []
    files: list[Path] = []
    for pair in utils.get_langpairs_for_testset(name):
        try:
            direction = Direction.parse(pair)
        except UnsupportedDirection:
            continue
        try:
            paths = [utils.get_source_file(name, pair), *utils.get_reference_files(name, pair)]
        except (Exception, SystemExit) as exc:
            # It raises bare exceptions, or exits, whatever goes wrong.
            raise InputError(
                f"sacrebleu can't get its test set {name}: {exc}",
                hint="it needs a network once, and keeps sets in ~/.sacrebleu or $SACREBLEU",
            ) from exc
        source, *references = [_text(Path(path)) for path in paths]
        units.append(Unit(direction, source, tuple(references)))
        files += map(Path, paths)
    if not units:
        return []
    manifest, verified = manifest_of(name.replace("/", "_"), files)
    return [TestSet(name.replace("/", "_"), tuple(units), manifest, verified)]
