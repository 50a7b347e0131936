"""What a translator works with: models, cache, estimators; each loaded when it is first needed."""

from functools import partial

from mtpipe.cache import SegmentCache
from mtpipe.config import cache_file, cache_limit_bytes
from mtpipe.engines.base import DecodingOptions
from mtpipe.engines.protection import Safeguards
from mtpipe.pipeline.systems.loading import load_system
from mtpipe.pipeline.systems.routes import Router
from mtpipe.pipeline.translate.chunks import Plan
from mtpipe.pipeline.translate.estimates import CometKiwi, Estimator, RoundTrip
from mtpipe.types import Language
from mtpipe.types.choices import Device, EngineName, Quantization


class Equipment:
    """Models, cache and estimators of a translator; any number of threads may share it.

    Args:
        model: an installed model's name, a folder, or ``"auto"``.
        engine: what runs the models.
        beam: width of the beam search.
        quantization: weights for CTranslate2.
        device: where to compute.
        threads: CPU threads; by default one per core.
        cache: keep the segments of articles on disk.

    Attributes:
        articles: ways for articles and single segments: mistakes are decoded again.
        lines: ways for lines: mistakes are flagged only, and nothing is kept.

    Raises:
        ConfigError: a beam that can't be, or a setting that is no number.
    """

    def __init__(
        self,
        model: str,
        *,
        engine: EngineName,
        beam: int,
        quantization: Quantization,
        device: Device,
        threads: int | None,
        cache: bool,
    ) -> None:
        load = partial(
            load_system,
            engine=engine,
            options=DecodingOptions(beam=beam),
            quantization=quantization,
            device=device,
            threads=threads,
        )
        memory = SegmentCache(cache_file(), limit_bytes=cache_limit_bytes()) if cache else None
        self._memory = memory
        self._estimators: tuple[Estimator, ...] = ()
        self.articles = Router(
            model,
            lambda chosen, other: load(
                chosen, safeguards=Safeguards.REPAIR, memory=memory, other=other
            ),
        )
        self.lines = Router(
            model,
            lambda chosen, _: load(chosen, safeguards=Safeguards.PROTECT),
            second_opinions=False,
        )

    def estimate(self, *, round_trip: bool, comet: str | None) -> None:
        """Have the segments of articles estimated from now on.

        Raises:
            DependencyMissing: COMET isn't installed.
            ModelNotFound: it can't use this model.
        """
        self._estimators = (
            *([RoundTrip(self.articles.route)] if round_trip else []),
            *([CometKiwi(comet)] if comet else []),
        )

    def plan(self, target: Language, *, markup: bool = False) -> Plan:
        """What is done with articles.

        Args:
            target: language of the translations.
            markup: match inline markup to the words of the translation.
        """
        matcher = None
        if markup:
            from mtpipe.pipeline.translate.markup import load_matcher  # noqa: PLC0415 - numpy, only then

            matcher = load_matcher()
        return Plan(target, self.articles.route, estimators=self._estimators, markup=matcher)

    def close(self) -> None:
        """Close the cache's file; it is opened again when needed."""
        if self._memory:
            self._memory.close()
