"""What tasks work with in a worker: translators, detectors and the archive, loaded once and kept.

A worker that has had no order yet has loaded nothing.
"""

import logging
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

import mtpipe
from mtpipe.config import cpu_threads
from mtpipe.errors import ConfigError, ModelNotFound, MtpipeError
from mtpipe.models.cards import find_card, installed_models
from mtpipe.types import Language
from mtpipe.web.settings import ServeSettings
from mtpipe.web.workers.pool import OnProgress

if TYPE_CHECKING:
    from mtpipe import Archive, Detector, Translator

__all__ = ["Tools", "prepare", "signature_of"]

_LOG = logging.getLogger("mtpipe.web")
_MOST_TRANSLATORS = 6
_MOST_DETECTORS = 2
"""Kept at once: requests may ask for any beam and prior, and each has models of its own."""

_S = TypeVar("_S")
_T = TypeVar("_T")


class Tools:
    """Loads what tasks need when they first need it.

    Args:
        settings: of the server.
    """

    def __init__(self, settings: ServeSettings) -> None:
        self.settings = settings
        self._translators: OrderedDict[object, Translator] = OrderedDict()
        self._detectors: OrderedDict[object, Detector] = OrderedDict()
        self._archive: Archive | None = None
        self._archive_version = -1

    def translator(self, target: str, model: str | None = None, *, beam: int = 4) -> "Translator":
        """What translates into a language, from any other; it keeps nothing on disk.

        Args:
            target: code of the language.
            model: name of an installed one; by default, and for ``auto``, that of the settings.
            beam: width of the beam search.

        Raises:
            UnsupportedDirection: there is no such language.
            ModelNotFound: there is no such model, or it isn't installed.
            ConfigError: a beam that can't be.
        """
        name = self.model(model)
        return _kept(
            self._translators,
            (str(target), name, beam),
            lambda: mtpipe.Translator(
                target, model=name, beam=beam, threads=self.settings.threads, cache=False
            ),
            most=_MOST_TRANSLATORS,
        )

    def in_threads(
        self, items: Sequence[_S], work: Callable[[list[_S]], list[_T]], *, by: Callable[[_S], int]
    ) -> list[_T]:
        """Have some items worked on in as many parts as there are threads.

        An engine's thread decodes a batch of its own, and few segments would all be in one.

        Args:
            items: in any order.
            work: gets some of them, and returns as many results.
            by: how much work one is; each part gets its share of the long ones.
        """
        count = min(self.settings.threads or cpu_threads(), len(items))
        if count < 2:
            return work(list(items))
        longest_first = sorted(range(len(items)), key=lambda number: -by(items[number]))
        parts = [longest_first[first::count] for first in range(count)]
        with ThreadPoolExecutor(count) as threads:
            done = threads.map(work, [[items[number] for number in part] for part in parts])
            results = {
                number: result
                for part, found in zip(parts, done, strict=True)
                for number, result in zip(part, found, strict=True)
            }
        return [results[number] for number in range(len(items))]

    def model(self, name: str | None) -> str:
        """The model that a request names: never a folder, unless the settings say so.

        Raises:
            ModelNotFound: there is no such model, or it isn't installed.
        """
        if name is None or name in ("auto", self.settings.model):
            return self.settings.model
        if any(name == each.card.name for each in installed_models()):
            return name
        card = find_card(name)
        raise ModelNotFound(f"the model {card.name} isn't installed on this server")

    def detector(
        self,
        *,
        use_archive: bool,
        prior: float | None = None,
        within_days: int | None = None,
    ) -> "Detector":
        """What examines candidates.

        Args:
            use_archive: look for originals in the archive.
            prior: see :class:`mtpipe.Detector`.
            within_days: likewise.

        Raises:
            ConfigError: this server has no archive.
            InputError: it can't be read; or the prior isn't between 0 and 1.
        """
        archive = self.archive() if use_archive else None
        days = within_days if use_archive else None
        version = self._archive_version if use_archive else None
        return _kept(
            self._detectors,
            (version, prior, days),
            lambda: mtpipe.Detector(
                archive=archive, prior=prior, within_days=days, model=self.settings.model
            ),
            most=_MOST_DETECTORS,
        )

    def archive(self, *, create: bool = False) -> "Archive":
        """The archive of originals, as it is now: other processes may have changed it.

        Args:
            create: make it if it isn't there.

        Raises:
            ConfigError: this server has none.
            InputError: it isn't there, or can't be read.
            DependencyMissing: LanceDB isn't installed.
        """
        uri = self.settings.archive
        if uri is None:
            raise ConfigError(
                "this server has no archive of originals",
                hint="start it with: mtpipe serve --archive FOLDER",
            )
        if self._archive is None or self._archive.version != self._archive_version:
            self._archive = mtpipe.Archive(uri, create=create)
            self._archive_version = self._archive.version
        return self._archive


def _kept(
    store: "OrderedDict[object, _T]", key: object, make: Callable[[], _T], *, most: int
) -> _T:
    """What a store has under a key, or what is made; those used least lately go."""
    if key not in store:
        made = make()
        while len(store) >= most:
            store.popitem(last=False)
        store[key] = made
    store.move_to_end(key)
    return store[key]


def prepare(tools: Tools, arguments: Mapping[str, Any], _: OnProgress) -> bool:
    """Load one of the things that the first answers need.

    Args:
        tools: that keep it.
        arguments: ``step``, from 0.

    Returns:
        Whether there is another one.
    """
    step: int = arguments["step"]
    steps: list[Callable[[], object]] = [
        *(lambda code=code: tools.translator(code).signature for code in Language),
        lambda: tools.detector(use_archive=False),
    ]
    try:
        steps[step]()
    except MtpipeError as exc:
        _LOG.warning("%s", exc)  # whoever needs it will get the same as an answer
    return step + 1 < len(steps)


def signature_of(translator: "Translator", source: str) -> str:
    """What translations from a language depend on, apart from the text: models, engine, search."""
    parts = translator.signature.split(" + ")
    return next((part for part in parts if part.startswith(f"{source}-")), "")
