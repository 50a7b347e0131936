"""Fetching models from the hub.

A fetch downloads into a scratch folder, verifies, converts and smoke-tests there, and only then
renames it to where installed models are; so a model is either installed whole or not at all.
"""

import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from mtpipe._optional import require
from mtpipe.config import models_directory
from mtpipe.errors import (
    ConfigError,
    ModelCorrupt,
    ModelError,
    ModelNotFound,
    OutputError,
    UnsupportedDirection,
)
from mtpipe.models.card import CARD, Card, read_card, write_card
from mtpipe.models.cards import WEIGHTS, InstalledModel, find_card, known_cards, sha256_of
from mtpipe.models.hub import Hub, Snapshot, exclusive, is_commit, is_hub_id
from mtpipe.models.marian import read_config, read_vocabulary, sizes_of
from mtpipe.models.pickles import pickle_to_safetensors
from mtpipe.models.plain_files import read_json
from mtpipe.models.tensors import read_header
from mtpipe.pipeline.models.upkeep import installed, scratch_folder, smoke_test
from mtpipe.types import Direction, Language

REQUIRED = ("config.json", "vocab.json", "source.spm", "target.spm")
OPTIONAL = ("generation_config.json", "tokenizer_config.json", "target_vocab.json")
PICKLE = "pytorch_model.bin"

MAX_WEIGHTS_BYTES = 4_000_000_000
MAX_FILE_BYTES = 64_000_000
"""The largest Marian models on the hub have 1.2 GB, and vocabularies of 2 MB."""


@dataclass(frozen=True)
class _Observer:
    """What is called as a fetch goes on, see :func:`fetch_model`."""

    notice: Callable[[str], None]
    progress: Callable[[int, int], None]


def fetch_model(
    name: str,
    *,
    revision: str | None = None,
    directions: Iterable[Direction | str] = (),
    force: bool = False,
    hub: Hub | None = None,
    on_notice: Callable[[str], None] = lambda _: None,
    on_progress: Callable[[int, int], None] = lambda *_: None,
) -> InstalledModel:
    """Install a model from the Hugging Face hub.

    Safe to call from several threads and processes at once: one fetches, the others wait.

    >>> from mtpipe import fetch_model
    >>> fetch_model("opus-mt-de-en")  # doctest: +SKIP

    Args:
        name: of a card, or the hub id of a Marian model.
        revision: commit hash, branch or tag; by default the card's, or ``main``.
        directions: what a model without a card translates, where its name doesn't say.
        force: fetch a model that is installed again.
        hub: where from; the environment's by default.
        on_notice: gets lines for people.
        on_progress: gets the bytes that are there and the bytes that there will be.

    Raises:
        ModelNotFound: no card and no repository of that name, or none that may be read.
        ModelCorrupt: a checksum differs, a file is missing, it is no Marian model, or its output
            fails the smoke test. Nothing is installed.
        ModelError: the hub can't be reached; what has arrived is kept for the next attempt.
        ConfigError: the model's directions are unknown.
        DependencyMissing: only pickled weights are there, and torch isn't.
        OutputError: the model can't be stored.
    """
    observer = _Observer(on_notice, on_progress)
    wanted = tuple(Direction.parse(d) if isinstance(d, str) else d for d in directions)
    card = _card_to_fetch(name, wanted)
    scratch = scratch_folder(card.name)
    try:
        scratch.parent.mkdir(parents=True, exist_ok=True)
        with exclusive(scratch.parent / f"{card.name}.lock"):
            if (there := installed(card.name)) and not force:
                return _already(there, revision, observer)
            with _kept_for_resuming(scratch):
                return _fetch(card, revision, scratch, hub or Hub(), observer)
    except OSError as exc:
        raise OutputError(
            f"the model can't be stored in {models_directory()}: {exc.strerror or exc}",
            hint="free some space, or set MTPIPE_HOME to another folder",
        ) from exc


def directions_of(name: str, vocabulary: Iterable[str]) -> tuple[Direction, ...]:
    """What a Marian model translates, by its name and the target tags of its vocabulary.

    >>> list(map(str, directions_of("opus-mt-tc-big-de-en", ())))
    ['de-en']
    >>> list(map(str, directions_of("opus-mt-de-ROMANCE", (">>fra<<", ">>spa<<"))))
    ['de-fr']

    Returns:
        Its directions among mtpipe's languages; none where neither says.
    """
    *_, source, target = ["", "", *name.split("-")]
    tokens = set(vocabulary)
    tagged = {
        language
        for language in Language
        if {f">>{language.iso639_3}<<", f">>{language.value}<<"} & tokens
    }
    sources, targets = _languages(source), _languages(target) or tagged
    return tuple(sorted(Direction(s, t) for s in sources for t in targets if s != t))


def _languages(codes: str) -> set[Language]:
    """Those of ``deu_eng_fra_por`` that mtpipe knows."""
    found = set()
    for code in codes.split("_"):
        try:
            found.add(Language.parse(code))
        except UnsupportedDirection:
            continue
    return found


def _card_to_fetch(name: str, directions: tuple[Direction, ...]) -> Card:
    """The card of a name or hub id, made up as far as possible for a model without one."""
    cards = known_cards()
    if is_hub_id(name):
        card = next((card for card in cards.values() if card.origin == name), None)
        if card is None:
            owner, short = name.split("/")
            return Card(
                name=short if short not in cards else f"{owner}-{short}",
                title=name,
                origin=name,
                revision="main",
                licence="unknown",
                directions=directions,
            )
    else:
        card = find_card(name)
    if not is_hub_id(card.origin):
        raise ModelError(f"{card.name} comes with mtpipe; there is nothing to fetch")
    if directions and set(directions) != set(card.directions):
        able = ", ".join(map(str, card.directions))
        raise ConfigError(f"{card.name} translates {able}, says its card", hint="omit --direction")
    return card


def _already(model: InstalledModel, revision: str | None, observer: _Observer) -> InstalledModel:
    card = model.card
    if revision and revision != card.revision:
        raise ModelError(
            f"{card.name} is installed at revision {card.revision[:12]}",
            hint=f"mtpipe models fetch {card.name} --revision {revision} --force",
        )
    observer.notice(
        f"{card.name} is already installed at revision {card.revision[:12]} "
        "(--force fetches it again)"
    )
    return model


@contextmanager
def _kept_for_resuming(scratch: Path) -> Iterator[None]:
    """Drop a scratch folder whose content is wrong; keep one that is only unfinished."""
    try:
        yield
    except (ModelCorrupt, ConfigError, ModelNotFound):
        shutil.rmtree(scratch, ignore_errors=True)
        raise


def _fetch(
    card: Card, revision: str | None, scratch: Path, hub: Hub, observer: _Observer
) -> InstalledModel:
    asked = revision or card.revision
    snapshot = hub.snapshot(card.origin, asked)
    # The card's checksums are those of its own revision.
    pinned = card.sha256 if asked == card.revision else {}
    _download(snapshot, scratch, hub, observer)
    weights = scratch / WEIGHTS
    if not weights.exists():
        try:
            pickle_to_safetensors(scratch / PICKLE, weights)
        finally:
            (scratch / PICKLE).unlink()
    shutil.rmtree(scratch / ".cache", ignore_errors=True)
    found = {path.name: sha256_of(path) for path in sorted(scratch.iterdir()) if path.is_file()}
    for name, wanted in pinned.items():
        if found.get(name) != wanted:
            raise ModelCorrupt(
                f"{card.origin}: {name} isn't the file that the card of {card.name} describes",
                hint="it was changed on the way or at its origin; don't use it. "
                f"A deliberate change: mtpipe models fetch {card.name} --force --revision main",
            )
    card = replace(
        card,
        revision=snapshot.commit,
        licence=(snapshot.licence or card.licence) if card.licence == "unknown" else card.licence,
        directions=card.directions or _ask_directions(card, scratch),
        sha256=found,
        size_bytes=sum((scratch / name).stat().st_size for name in found),
        parameters=sum(tensor.size for tensor in read_header(weights).values()),
    )
    write_card(card, scratch / CARD)
    observer.notice(f"{card.name}: converting to CTranslate2 int8, then a test translation")
    candidate = InstalledModel(card, scratch, scratch / "ctranslate2", bundled=False)
    smoke_test(candidate, {})
    directory = _install(scratch, models_directory() / card.name)
    if not is_commit(asked):
        observer.notice(
            f"{card.name}: pinned from now on to commit {card.revision[:12]}, where {asked} of "
            f"{card.origin} points today"
        )
    return InstalledModel(
        read_card(directory / CARD), directory, directory / "ctranslate2", bundled=False
    )


def _download(snapshot: Snapshot, scratch: Path, hub: Hub, observer: _Observer) -> None:
    """Fetch what a Marian model is made of, and nothing else."""
    wanted = [*REQUIRED, *(name for name in OPTIONAL if name in snapshot.files)]
    weights = WEIGHTS if WEIGHTS in snapshot.files else PICKLE
    missing = [name for name in REQUIRED if name not in snapshot.files]
    if weights not in snapshot.files:
        missing.append(WEIGHTS)
    if "config.json" in missing:
        raise ModelCorrupt(f"{snapshot.repository} is no Marian model: it lacks config.json")
    scratch.mkdir(parents=True, exist_ok=True)
    _drop_leftovers(scratch, {*wanted, weights})
    # The smallest file first: it shows whether this is a Marian model at all.
    hub.download(snapshot, "config.json", scratch, max_bytes=MAX_FILE_BYTES)
    _require_marian(scratch, snapshot.repository)
    if missing:
        raise ModelCorrupt(
            f"{snapshot.repository} is incomplete: it lacks {', '.join(missing)}",
            hint="try another --revision",
        )
    if weights == PICKLE:
        _announce_pickle(snapshot, observer)
    total = sum(snapshot.files[name].size for name in [*wanted, weights])
    observer.notice(
        f"{snapshot.repository}: {total / 1e6:,.0f} MB from {hub.endpoint or 'huggingface.co'}"
    )
    done = snapshot.files["config.json"].size

    def received(number: int) -> None:
        nonlocal done
        done += number
        observer.progress(done, total)

    for name in [*(name for name in wanted if name != "config.json"), weights]:
        limit = MAX_WEIGHTS_BYTES if name == weights else MAX_FILE_BYTES
        hub.download(snapshot, name, scratch, max_bytes=limit, received=received)


def _drop_leftovers(scratch: Path, wanted: set[str]) -> None:
    """Remove what an earlier, broken fetch left and this one doesn't want."""
    for path in scratch.iterdir():
        if path.is_dir() and path.name != ".cache":
            shutil.rmtree(path)
        elif path.is_file() and path.name not in wanted:
            path.unlink()


def _require_marian(scratch: Path, repository: str) -> None:
    """See by the config alone whether the rest is worth fetching."""
    try:
        kind = read_json(scratch / "config.json")["model_type"]
    except (ModelCorrupt, KeyError, TypeError) as exc:
        raise ModelCorrupt(f"{repository} is no Marian model: config.json says nothing") from exc
    if kind != "marian":
        raise ModelCorrupt(
            f"{repository} is a model of type {str(kind)[:40]!r}, not Marian",
            hint="OPUS-MT models are Marian models: mtpipe models list",
        )
    sizes_of(read_config(scratch), scratch)


def _announce_pickle(snapshot: Snapshot, observer: _Observer) -> None:
    observer.notice(
        f"{snapshot.repository} has no safetensors at this revision, only a pickle, which could "
        "contain code. It is read by torch's restricted loader, which runs none, rewritten as "
        "safetensors, and deleted."
    )
    # Before hundreds of megabytes, not after.
    require("torch", extra="torch")


def _ask_directions(card: Card, scratch: Path) -> tuple[Direction, ...]:
    vocabulary = read_vocabulary(scratch / "vocab.json")
    found = directions_of(card.origin.split("/")[1], vocabulary)
    if not found:
        raise ConfigError(
            f"the name of {card.origin} doesn't say what it translates",
            hint=f"mtpipe models fetch {card.origin} --direction de-en",
        )
    return found


def _install(scratch: Path, directory: Path) -> Path:
    """Move a finished model to its place; the one that is there now goes last."""
    retired = scratch.parent / f"{scratch.name}.old"
    shutil.rmtree(retired, ignore_errors=True)
    if directory.exists():
        directory.rename(retired)
    scratch.rename(directory)
    shutil.rmtree(retired, ignore_errors=True)
    return directory
