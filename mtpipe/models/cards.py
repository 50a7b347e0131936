"""The registry: what models there are (cards), and which of them are installed where.

Listing reads TOML only; nothing here loads a model.

Cards (:mod:`mtpipe.models.card`) of known models ship with the package, the starter models
together with their weights; fetched models are installed, card and all, in the user's folder.
"""

import difflib
import hashlib
import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from mtpipe.config import data_directory, models_directory
from mtpipe.errors import ConfigError, ModelCorrupt, ModelNotFound, UnsupportedDirection
from mtpipe.models.card import CARD, Card, card_of, read_card, read_table
from mtpipe.models.plain_files import ANOTHER_COPY, read_json, regular_size
from mtpipe.types import Direction
from mtpipe.types.choices import Quantization

WEIGHTS = "model.safetensors"
SEARCH_SETTINGS = {
    "length_penalty": (0.0, 5.0),
    "repetition_penalty": (1.0, 2.0),
    "patience": (1.0, 4.0),
}
"""What a model may state of the search for its translations, and the range of each."""

_CONVERTED_WITH = ("config.json", "vocab.json", "target_vocab.json")
"""Files beside the weights that a conversion depends on."""

_NAMELESS = "model"
"""The folder that every training run writes its model to, which names none of them."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class InstalledModel:
    """A model whose files are here.

    Attributes:
        card: its metadata.
        directory: folder with card.toml and the Hugging Face files (config.json,
            model.safetensors, source.spm, target.spm, vocab.json).
        converted: folder for its CTranslate2 forms, one subfolder per :class:`Quantization`; may not
            exist yet. None for a folder that isn't ours, see :attr:`conversions`.
        bundled: whether it shipped with the package.
    """

    card: Card
    directory: Path
    converted: Path | None
    bundled: bool

    @property
    def conversions(self) -> Path:
        """Where its CTranslate2 forms are or will be.

        What a folder of anybody's brings along is never taken for a conversion of its weights:
        those of folders are kept with the user's own data, by the contents that they are made of.

        Raises:
            ModelCorrupt: the weights can't be read.
        """
        if self.converted is not None:
            return self.converted
        digest = hashlib.sha256(self.weights_sha256.encode())
        for name in _CONVERTED_WITH:
            path = self.directory / name
            if path.is_file():
                digest.update(f"{name} {sha256_of(path)}".encode())
        return data_directory() / "converted" / digest.hexdigest()

    def variant_directory(self, variant: Quantization) -> Path:
        """Where the CTranslate2 form of that weight format is or will be."""
        return self.conversions / variant.value

    @property
    def weights_sha256(self) -> str:
        """What the weights are known by: the file's digest.

        Raises:
            ModelCorrupt: the file can't be read, or the card says that it is another one.
        """
        path = self.directory / WEIGHTS
        try:
            facts = path.stat()
            regular_size(path)  # a pipe would be read for ever
            found = _remembered_sha256(path, facts.st_size, facts.st_mtime_ns)
        except OSError as exc:
            raise ModelCorrupt(
                f"{self.card.name}: can't read {path}: {exc.strerror}",
                hint=_refetch(self.card, self.bundled),
            ) from exc
        if self.card.sha256.get(path.name, found) != found:
            raise self._damaged(path.name)
        return found

    @property
    def stated_sha256(self) -> str:
        """What the weights should be known by: the card's digest; the file's where it has none.

        For models that may never be loaded: files of a gigabyte take seconds to read.

        Raises:
            ModelCorrupt: the card has none, and the file can't be read.
        """
        return self.card.sha256.get(WEIGHTS) or self.weights_sha256

    @property
    def search_settings(self) -> dict[str, float]:
        """What generation_config.json states of :data:`SEARCH_SETTINGS`.

        Raises:
            ModelCorrupt: a setting isn't a number that can serve, or the file can't be read.
        """
        path = self.directory / "generation_config.json"
        if not path.is_file():
            return {}
        stated = read_json(path)
        if not isinstance(stated, dict):
            raise ModelCorrupt(f"{path} holds no settings", hint=ANOTHER_COPY)
        settings: dict[str, float] = {}
        for name in SEARCH_SETTINGS:
            try:
                if (value := stated.get(name)) is not None:
                    settings[name] = float(value)
            except (ValueError, TypeError, OverflowError) as exc:
                raise ModelCorrupt(
                    f"{path}: a {name} that is no number can't serve", hint=ANOTHER_COPY
                ) from exc
        for name, value in settings.items():
            low, high = SEARCH_SETTINGS[name]
            if not low <= value <= high:
                raise ModelCorrupt(f"{path}: a {name} of {value:g} can't serve", hint=ANOTHER_COPY)
        return settings

    def verify(self) -> None:
        """Compare every file with the card's sha256.

        Raises:
            ModelCorrupt: a file is missing or differs.
        """
        for name, wanted in self.card.sha256.items():
            path = self.directory / name
            if not path.is_file():
                raise ModelCorrupt(
                    f"{self.card.name}: {name} is missing", hint=_refetch(self.card, self.bundled)
                )
            try:
                found = sha256_of(path)
            except OSError as exc:
                raise ModelCorrupt(
                    f"{self.card.name}: can't read {path}: {exc.strerror}",
                    hint=_refetch(self.card, self.bundled),
                ) from exc
            if found != wanted:
                raise self._damaged(name)

    def _damaged(self, name: str) -> ModelCorrupt:
        return ModelCorrupt(
            f"{self.card.name}: {name} is damaged (its sha256 isn't the card's)",
            hint=_refetch(self.card, self.bundled),
        )


def _refetch(card: Card, bundled: bool) -> str:
    if bundled:
        return "pip install --force-reinstall mtpipe"
    return f"mtpipe models fetch {card.name} --force"


def sha256_of(path: Path) -> str:
    """Hex digest of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@lru_cache(64)
def _remembered_sha256(path: Path, size: int, mtime_ns: int) -> str:  # noqa: ARG001 - the key
    return sha256_of(path)


def bundled_directory() -> Path:
    """The folder of cards (and starter weights) that ships with the package."""
    package = Path(__file__).parent.parent
    installed = package / "_bundled" / "models"
    # In a checkout the folder stands beside the package.
    return installed if installed.is_dir() else package.parent / "models"


def known_cards() -> dict[str, Card]:
    """All cards by name: those that ship, and those of installed models, which go first."""
    folders = (bundled_directory(), models_directory())
    return {card.name: card for folder in folders for card in _cards_in(folder)}


def _cards_in(folder: Path) -> Iterator[Card]:
    for path in sorted(folder.glob(f"*/{CARD}")):
        try:
            raw = read_table(path)
            if raw.get("directions") != []:  # encoders and verdicts have none, and other cards
                yield card_of(path, raw)
        except ConfigError as exc:
            _log.warning("left out: %s", exc)  # one bad card doesn't take all models away


def installed_models() -> list[InstalledModel]:
    """All models whose weights are here, fetched ones first, then by name."""
    found: dict[str, InstalledModel] = {}
    for folder, bundled in ((models_directory(), False), (bundled_directory(), True)):
        for card in _cards_in(folder):
            directory = folder / card.name
            if card.name not in found and (directory / WEIGHTS).is_file():
                converted = models_directory() / card.name / "ctranslate2"
                found[card.name] = InstalledModel(card, directory, converted, bundled)
    return list(found.values())


def find_installed(name: str) -> InstalledModel:
    """The installed model of that name, or at that path.

    A path to a folder with Marian files and no card is accepted, too: its model is taken to
    translate what its folder's name says (``opus-mt-de-en``).

    Raises:
        ModelNotFound: the hint says how to get it, or what the name was probably meant to be.
    """
    for model in installed_models():
        if model.card.name == name:
            return model
    directory = Path(name)
    if (directory / "config.json").is_file():
        return model_at(directory)
    if name not in known_cards() and directory.exists():
        raise ModelNotFound(
            f"{name} holds no model: it has no config.json",
            hint="give the folder that config.json and model.safetensors are in",
        )
    card = find_card(name)
    raise ModelNotFound(
        f"the model {card.name} isn't installed", hint=f"mtpipe models fetch {card.name}"
    )


def find_card(name: str) -> Card:
    """The card of that name.

    Raises:
        ModelNotFound: the hint says what the name was probably meant to be.
    """
    cards = known_cards()
    if name in cards:
        return cards[name]
    near = difflib.get_close_matches(name, cards, n=1)
    raise ModelNotFound(
        f"no model is called {name!r}",
        hint=f"did you mean {near[0]}?" if near else "mtpipe models list",
    )


def model_at(directory: Path) -> InstalledModel:
    """A model in a folder of the user's, with or without a card.

    It is called as its folder is; one in a folder ``model``, as the folder around that.

    Raises:
        ModelNotFound: there is no card, and the folder's name gives no direction.
    """
    if (directory / CARD).is_file():
        card = read_card(directory.resolve() / CARD)
        around = directory.resolve().parent.name
        if card.name == _NAMELESS and around:
            card = replace(card, name=around)
    else:
        tail = directory.resolve().name.split("-")[-2:]
        try:
            direction = Direction.parse("-".join(tail))
        except UnsupportedDirection as exc:
            raise ModelNotFound(
                f"{directory} has no card.toml, and its name doesn't end in a direction",
                hint="rename the folder to end in -de-en, or add a card.toml",
            ) from exc
        name = directory.resolve().name
        card = Card(
            name=name,
            title=name,
            origin=str(directory),
            revision="local",
            licence="unknown",
            directions=(direction,),
        )
    place = directory.resolve()
    ours = {models_directory().resolve(), bundled_directory().resolve()}
    converted = models_directory() / place.name / "ctranslate2" if place.parent in ours else None
    return InstalledModel(card, directory, converted, bundled=False)


def best_installed(direction: Direction) -> InstalledModel:
    """The installed model with the highest rank for a direction.

    Raises:
        UnsupportedDirection: no installed model translates it; the hint names one to fetch.
    """
    able = [model for model in installed_models() if model.card.supports(direction)]
    if able:
        return max(able, key=lambda model: model.card.rank)
    better = better_card(direction, rank=-1)
    raise UnsupportedDirection(
        f"no installed model translates {direction}",
        hint=f"mtpipe models fetch {better.name}" if better else "mtpipe models list",
    )


def better_card(direction: Direction, *, rank: int) -> Card | None:
    """The best known model of a direction with a rank above the given one, or None."""
    cards = [c for c in known_cards().values() if c.supports(direction) and c.rank > rank]
    return max(cards, key=lambda card: card.rank, default=None)
