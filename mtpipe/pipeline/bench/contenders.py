"""What competes: every combination of model and options, known without loading anything."""

import hashlib
import importlib.util
import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mtpipe import __version__
from mtpipe.config import cpu_threads
from mtpipe.errors import ConfigError, DependencyMissing
from mtpipe.types import Direction
from mtpipe.types.benchmark import BenchmarkTask, Configuration

if TYPE_CHECKING:
    from mtpipe.models.cards import InstalledModel

_CODE = {".py", ".toml", ".json"}
DIGITS = 12
"""Of a sha256 that stand for a revision."""
_SHIPPED = ("encoder-static", "lexicon", "verdict")
"""Folders of what detection measures with; their cards have the digests of the files."""
_MARK_DIGITS = 6
"""Of a revision, in a label that would be another model's, too."""


@dataclass(frozen=True)
class Contender:
    """A configuration, and the specification that its process gets.

    Attributes:
        configuration: which.
        directions: what it can do; None for all.
        specification: for :class:`mtpipe.pipeline.bench.worker.Bench`.
    """

    configuration: Configuration
    directions: tuple[Direction, ...] | None
    specification: dict[str, Any]

    def can(self, direction: Direction) -> bool:
        """Whether it has a direction."""
        return self.directions is None or direction in self.directions


@dataclass(frozen=True, kw_only=True)
class Options:
    """How translation models are run; every combination is a contender.

    Attributes:
        engines: names of :class:`mtpipe.engines.base.EngineName`.
        beams: widths.
        precisions: of CTranslate2's weights; empty for the usual one of the device.
        device: "cpu", "cuda" or "auto".
        threads: that each computes with; None for as many as there are cores.
    """

    engines: Sequence[str] = ("ctranslate2",)
    beams: Sequence[int] = (4,)
    precisions: Sequence[str] = ()
    device: str = "auto"
    threads: int | None = None


def contenders(task: BenchmarkTask, models: Sequence[str], options: Options) -> list[Contender]:
    """All that compete, in the order of the models, then of the options.

    Raises:
        ModelNotFound: a model isn't installed.
        DependencyMissing: an engine isn't.
        ConfigError: there is no such encoder or detector.
    """
    if task is BenchmarkTask.TRANSLATE:
        found = _translating(models, options)
    elif task is BenchmarkTask.ALIGN:
        found = [_aligning(name, options) for name in models]
    else:
        found = [_detecting(name, options) for name in models]
    return _marked(list({each.configuration.key: each for each in found}.values()))


def _marked(found: Sequence[Contender]) -> list[Contender]:
    """The same with revisions in the labels that several have."""
    counts = Counter(each.configuration.label for each in found)

    def with_mark(each: Contender) -> Contender:
        if counts[each.configuration.label] == 1:
            return each
        mark = each.configuration.revision[:_MARK_DIGITS]
        return replace(each, configuration=replace(each.configuration, mark=mark))

    return [with_mark(each) for each in found]


def _translating(models: Sequence[str], options: Options) -> list[Contender]:
    from mtpipe.engines.base import DecodingOptions  # noqa: PLC0415
    from mtpipe.models.cards import find_installed  # noqa: PLC0415

    device = _device() if options.device == "auto" else options.device
    usual = "float16" if device == "cuda" else "int8"
    found = []
    for name, engine, precision, beam in itertools.product(
        models, options.engines, options.precisions or [usual], options.beams
    ):
        DecodingOptions(beam=beam)  # complains about an impossible one
        model = find_installed(name)
        card = model.card
        stored = "" if engine == "transformers" else precision
        shown = stored or ("float16" if device == "cuda" else "float32")
        configuration = Configuration(
            model=card.name,
            revision=_revision(model),
            engine=f"{engine}:{_version(engine)}",
            precision=shown,
            beam=beam,
            device=device,
        )
        specification = {
            "model": name,
            "engine": engine,
            "precision": stored,
            "beam": beam,
            "device": device,
            "threads": options.threads or cpu_threads(),
            "watch": False,
        }
        found.append(Contender(configuration, card.directions, specification))
    return found


def _revision(model: "InstalledModel") -> str:
    """Another one for other weights, and for the same with other settings of the search."""
    from mtpipe.pipeline.systems.choosing import search_signature  # noqa: PLC0415

    digest, search = model.weights_sha256, search_signature(model)
    if search:
        digest = hashlib.sha256(f"{digest}|{search}".encode()).hexdigest()
    return digest[:DIGITS]


def _aligning(name: str, options: Options) -> Contender:
    from mtpipe.models.cards import sha256_of  # noqa: PLC0415
    from mtpipe.pipeline.align import STATIC  # noqa: PLC0415
    from mtpipe.pipeline.resources import encoder_directory  # noqa: PLC0415

    folder = encoder_directory() if name == STATIC else Path(name)
    weights = folder / "vectors.safetensors"
    revision = sha256_of(weights)[:DIGITS] if weights.is_file() else "unpinned"
    configuration = Configuration(
        model=folder.name if name != STATIC else STATIC,
        revision=revision,
        engine=_code("mtpipe.alignment", "mtpipe.encoders", "mtpipe.pipeline.align"),
    )
    signature = f"encoder:{configuration.key}"
    specification = {"model": name, "signature": signature, "threads": options.threads}
    return Contender(configuration, None, specification)


def _detecting(name: str, options: Options) -> Contender:
    from mtpipe.pipeline.bench.detectors import DETECTORS, load_detector  # noqa: PLC0415

    load_detector(name)  # complains about one that doesn't exist
    package = DETECTORS.get(name, name).partition(":")[0].split(".")[0]
    revision = _fingerprint(package)
    if name in DETECTORS:
        revision = hashlib.sha256(f"{revision}|{_instruments()}".encode()).hexdigest()
    configuration = Configuration(model=name, revision=revision[:DIGITS], engine=_code(package))
    signature = f"detector:{configuration.key}"
    specification = {"model": name, "signature": signature, "threads": options.threads}
    return Contender(configuration, None, specification)


def _instruments() -> str:
    """What mtpipe's own detectors measure with beside their code: what ships, and any model."""
    from mtpipe.models.cards import bundled_directory, installed_models, sha256_of  # noqa: PLC0415
    from mtpipe.pipeline.systems.choosing import stated_name  # noqa: PLC0415

    cards = [bundled_directory() / name / "card.toml" for name in _SHIPPED]
    known = [sha256_of(card) for card in cards if card.is_file()]
    return "|".join([*known, *sorted(map(stated_name, installed_models()))])


def _code(*packages: str) -> str:
    """What stands for the engine where mtpipe's own code is it: version and digest of the code."""
    digest = hashlib.sha256("".join(map(_fingerprint, packages)).encode()).hexdigest()
    return f"mtpipe:{__version__}+{digest[:8]}"


def _fingerprint(package: str) -> str:
    """Hex digest of a package's or module's files: another one means other results."""
    spec = importlib.util.find_spec(package)
    digest = hashlib.sha256()
    for place in (spec.submodule_search_locations or [spec.origin or ""]) if spec else []:
        root = Path(place)
        files = sorted(root.rglob("*")) if root.is_dir() else [root]
        for path in files:
            if path.is_file() and path.suffix in _CODE and "_bundled" not in path.parts:
                digest.update(path.read_bytes())
    return digest.hexdigest()


def _version(engine: str) -> str:
    """An engine's version without importing it."""
    try:
        return metadata.version(engine)
    except metadata.PackageNotFoundError as exc:
        raise DependencyMissing(
            f"{engine} isn't installed", hint="pip install 'mtpipe[torch]'"
        ) from exc


def _device() -> str:
    """Where CTranslate2 and torch would compute by themselves."""
    import ctranslate2

    return "cuda" if ctranslate2.get_cuda_device_count() else "cpu"


def require_directions(chosen: Sequence[Contender], directions: Sequence[Direction]) -> None:
    """Complain if some contender can't do any of the directions.

    Raises:
        ConfigError: naming the model.
    """
    for each in chosen:
        if directions and not any(map(each.can, directions)):
            raise ConfigError(
                f"{each.configuration.model} has none of the directions of the test sets: "
                f"{', '.join(map(str, directions))}",
                hint=f"mtpipe models info {each.configuration.model}",
            )
