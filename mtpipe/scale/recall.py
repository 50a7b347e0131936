"""What earlier runs brought into an archive, compared with what is there now.

Whoever changes or removes an archive doesn't ask the notes of a run. So before a run begins,
manifests whose articles aren't all there any more are removed, and their shards done again; of
plans of a run that was cut off what was written is recalled to the writers. Not for shards whose
input has changed: workers see that.
"""

import hashlib
import json
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mtpipe._optional import require
from mtpipe.archive.states import State
from mtpipe.errors import InputError
from mtpipe.scale.actors import answers
from mtpipe.scale.manifest import FOLDER as MANIFESTS
from mtpipe.scale.manifest import read_manifest
from mtpipe.scale.plans import FOLDER as PLANS
from mtpipe.scale.plans import Plan, read_plan, write_plan
from mtpipe.scale.source import work_in
from mtpipe.scale.writing import Target, home_of
from mtpipe.storage import Place

__all__ = ["recall"]

_NAMES_A_TASK = 64

Numbers = NDArray[np.uint64]


def recall(target: Target, writers: Sequence[Any], sizes: Sequence[int]) -> None:
    """Remove manifests that an archive doesn't bear out, and tell the writers of plans that it does.

    Args:
        target: the archive.
        writers: handles, by number.
        sizes: articles that each part of the archive has.

    Raises:
        InputError: the archive can't be read.
        OutputError: what is outdated can't be removed.
    """
    names = sorted({*_names(target.notes, MANIFESTS), *_names(target.notes, PLANS)})
    if not any(sizes):
        for name in names:
            _forget(target.notes, name)
        return
    if not names:
        return
    ray = require("ray", extra="ray")
    there = ray.remote(num_cpus=1)(_there)
    joined = ray.remote(num_cpus=1)(_joined)
    compare = ray.remote(num_cpus=1)(_compare)
    parts = [there.remote(target, number) for number, size in enumerate(sizes) if size]
    everything = joined.remote(*parts)
    answers(
        [
            compare.remote(target, list(writers), names[start : start + _NAMES_A_TASK], everything)
            for start in range(0, len(names), _NAMES_A_TASK)
        ]
    )


def _there(target: Target, number: int) -> tuple[Numbers, Numbers]:
    """Contents, and pairs of id and content, of a part of the archive; 64 bits of each."""
    work_in(target.folder)
    contents, pairs = [], []
    for batch in target.table(number).batches(["id", "sha256"]):
        columns = (batch.column(name).to_pylist() for name in ("id", "sha256"))
        for article_id, sha256 in zip(*columns, strict=True):
            contents.append(_content(sha256))
            pairs.append(_pair(article_id, sha256))
    return np.array(contents, np.uint64), np.array(pairs, np.uint64)


def _joined(*parts: tuple[Numbers, Numbers]) -> tuple[Numbers, Numbers]:
    contents, pairs = (np.sort(np.concatenate(each)) for each in zip(*parts, strict=True))
    return contents, pairs


def _compare(
    target: Target, writers: Sequence[Any], names: Sequence[str], there: tuple[Numbers, Numbers]
) -> None:
    """Compare some shards of the input with what is there."""
    work_in(target.folder)
    notes, (contents, pairs) = target.notes, there
    for name in names:
        if not _is_borne_out(notes, name, contents):
            (notes / MANIFESTS / f"{name}.json").delete()
        if plan := read_plan(notes, name):
            wanted = [each for each in plan.articles if each.state is not State.KNOWN]
            are_there = _are_in([_pair(each.id, each.sha256) for each in wanted], pairs)
            kept = tuple(each for each, is_there in zip(wanted, are_there, strict=True) if is_there)
            if kept:
                plan = Plan(name, target.run, kept)
                write_plan(notes, plan)
                _tell(target, writers, plan)
            else:
                (notes / PLANS / f"{name}.json").delete()


def _is_borne_out(notes: Place, name: str, contents: Numbers) -> bool:
    """Whether the archive has the content of every row of a shard that is done."""
    manifest = read_manifest(notes, name)
    if manifest is None:
        return False
    with suppress(InputError, OSError, ValueError, KeyError, TypeError, RecursionError):
        lines = (notes / manifest.output).read().splitlines()
        return bool(
            _are_in([_content(json.loads(line)["sha256"]) for line in lines], contents).all()
        )
    return False


def _tell(target: Target, writers: Sequence[Any], plan: Plan) -> None:
    orders: dict[int, tuple[list[Any], list[Any]]] = {}
    for claims, which, key in ((plan.ids(), 0, "id"), (plan.contents(), 1, "sha256")):
        for claim in claims:
            home = home_of(getattr(claim, key), target)
            orders.setdefault(home, ([], []))[which].append(claim)
    answers([writers[home].recall.remote(*some) for home, some in orders.items()])


def _names(notes: Place, folder: str) -> list[str]:
    if not (notes / folder).is_folder():
        return []
    files = (notes / folder).files(".json")
    return [each.name.rpartition("/")[2].removesuffix(".json") for each in files]


def _forget(notes: Place, name: str) -> None:
    for folder in (MANIFESTS, PLANS):
        (notes / folder / f"{name}.json").delete()


def _are_in(wanted: Sequence[int], known: Numbers) -> NDArray[np.bool_]:
    numbers = np.array(wanted, np.uint64)
    if not len(known):
        return np.zeros(len(numbers), bool)
    places = np.minimum(np.searchsorted(known, numbers), len(known) - 1)
    return np.asarray(known[places] == numbers)


def _content(sha256: str) -> int:
    return int(sha256[:16], 16)


def _pair(article_id: str, sha256: str) -> int:
    text = f"{article_id}\0{sha256}".encode("utf-8", "replace")
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big")
