"""Articles translated by many workers.

A shard is translated as :class:`mtpipe.Translator` translates a batch of articles, so its output
depends on nothing but what is in it. Not for what a translation is: :mod:`mtpipe.pipeline.translate`.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mtpipe import FurnitureRules, Translator
from mtpipe._optional import require
from mtpipe.config import FurnitureSettings
from mtpipe.ingest.reader import articles_of
from mtpipe.report.jsonl import translation_record
from mtpipe.scale.output import Form
from mtpipe.scale.running import run
from mtpipe.scale.shards import Shard
from mtpipe.scale.summary import ScaleSummary
from mtpipe.scale.tasks import Processed, Resources, reading_signature
from mtpipe.types import EstimateName, Failure, Language, Translation
from mtpipe.types.choices import Device, EngineName, Quantization

__all__ = ["TranslationTask", "metadata_type", "translate"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TranslationTask:
    """Translation as a :class:`~mtpipe.scale.tasks.Task`; see :class:`mtpipe.Translator`.

    Attributes:
        to: target language.
        source: source language; None for each article's own.
        model: name, folder or ``auto``.
        engine: what runs the models.
        beam: width of the search.
        quantization: weights for CTranslate2.
        device: where to compute.
        threads: of a worker.
        cache: keep segments on disk, in the worker's machine.
        round_trip: estimate segments by translating them back.
        comet: estimate segments by this model of COMET.
        furniture: what a user says on furniture.
    """

    to: Language
    source: Language | None = None
    model: str = "auto"
    engine: EngineName = EngineName.CTRANSLATE2
    beam: int = 4
    quantization: Quantization = Quantization.AUTO
    device: Device = Device.AUTO
    threads: int = 1
    cache: bool = False
    round_trip: bool = False
    comet: str | None = None
    furniture: FurnitureSettings = field(default_factory=FurnitureSettings)

    @property
    def name(self) -> str:
        """What is done."""
        return "translate"

    def check(self) -> None:
        """See whether languages, model and settings are some, before workers are started."""
        self._translator().close()

    def load(self) -> "TranslationProcessor":
        """The translator with its models."""
        return TranslationProcessor(self, self._translator())

    def schema(self) -> Any:
        """Of :func:`mtpipe.report.jsonl.translation_record`, as ``pyarrow.Schema``."""
        return translation_schema()

    def _translator(self) -> Translator:
        return Translator(
            self.to,
            source=self.source,
            model=self.model,
            engine=self.engine,
            beam=self.beam,
            quantization=self.quantization,
            device=self.device,
            threads=self.threads,
            cache=self.cache,
            round_trip=self.round_trip,
            comet=self.comet,
        )


class TranslationProcessor:
    """Translates shards.

    Args:
        task: that it is of.
        translator: loads its models now.
    """

    def __init__(self, task: TranslationTask, translator: Translator) -> None:
        self._translator = translator
        self._source = task.source
        self._rules = FurnitureRules(task.furniture)
        reading = reading_signature(task.furniture, task.source)
        self.signature = f"{translator.signature} | to {task.to.value} | {reading}"

    def process(self, shard: Shard) -> Processed:
        """Translate a shard."""
        rows: list[dict[str, Any]] = []
        failures: list[Failure] = []
        totals, languages, flags = Counter[str](), Counter[str](), Counter[str]()
        articles = articles_of(shard.items, language=self._source, rules=self._rules)
        for result in self._translator.articles(articles):
            if isinstance(result, Failure):
                failures.append(result)
                continue
            rows.append(translation_record(result))
            languages[result.direction.source.value] += 1
            totals["articles"] += 1
            _count(result, totals, flags)
        counts = {"totals": totals, "languages": languages, "flags": flags}
        return Processed(rows, failures, {name: dict(count) for name, count in counts.items()})


def _count(translation: Translation, totals: Counter[str], flags: Counter[str]) -> None:
    for block in translation.blocks:
        totals["sentences"] += len(block.segments)
        totals["chars"] += len(block.block.text)
        for segment in block.segments:
            flags.update(flag.problem.value for flag in segment.hypothesis.flags)


def translation_schema() -> Any:
    """The ``pyarrow.Schema`` of translated articles; what a record leaves out is null."""
    arrow = require("pyarrow", extra="ray")
    text, offset, number = arrow.string(), arrow.int32(), arrow.float64()
    flag = arrow.struct([("problem", text), ("remedy", text)])
    estimates = arrow.struct([(name.value, number) for name in EstimateName])
    sentence = arrow.struct(
        [
            *(("source", text), ("target", text), ("start", offset), ("end", offset)),
            *(("score", number), ("estimates", estimates), ("flags", arrow.list_(flag))),
        ]
    )
    paragraph = arrow.struct(
        [
            *(("kind", text), ("text", text), ("source", text), ("source_language", text)),
            ("sentences", arrow.list_(sentence)),
        ]
    )
    furniture = arrow.struct([("kind", text), ("text", text), ("index", offset)])
    return arrow.schema(
        [
            *((name, text) for name in ("id", "sha256", "signature", "path")),
            *((name, text) for name in ("source_language", "language", "title")),
            ("metadata", metadata_type()),
            ("paragraphs", arrow.list_(paragraph)),
            ("furniture", arrow.list_(furniture)),
        ]
    )


def metadata_type() -> Any:
    """The ``pyarrow.DataType`` of :class:`mtpipe.types.Metadata`."""
    arrow = require("pyarrow", extra="ray")
    text = arrow.string()
    texts = arrow.list_(text)
    pairs = arrow.list_(texts)
    return arrow.struct(
        [
            *((name, text) for name in ("address", "site", "section")),
            ("authors", texts),
            *((name, text) for name in ("published", "modified")),
            ("keywords", texts),
            *((name, pairs) for name in ("declared_languages", "alternates")),
            *((name, texts) for name in ("based_on", "translation_of")),
            ("extra", pairs),
        ]
    )


def translate(
    inputs: str | Path | Iterable[str | Path],
    output: str | Path,
    to: Language | str,
    *,
    source: Language | str | None = None,
    model: str = "auto",
    engine: EngineName | str = EngineName.CTRANSLATE2,
    beam: int = 4,
    quantization: Quantization | str = Quantization.AUTO,
    device: Device | str = Device.AUTO,
    cache: bool = False,
    round_trip: bool = False,
    comet: str | None = None,
    rules: FurnitureRules | None = None,
    resources: Resources | None = None,
    form: Form | str = Form.JSONL,
    on_progress: Callable[[ScaleSummary], None] = lambda _: None,
    is_stopped: Callable[[], bool] = lambda: False,
    verbose: bool = False,
) -> ScaleSummary:
    """Translate articles with many workers, each with the models loaded once.

    Can be resumed: shards that are there in the same version aren't done again, and the output is
    that of a run that nothing disturbed.

    Example::

        from mtpipe.scale import Resources, translate

        if __name__ == "__main__":
            summary = translate("pages/", "translated/", "en", resources=Resources(workers=2))

    Args:
        inputs: see :func:`mtpipe.read_articles`; also ``s3://`` and ``gs://``.
        output: a folder; rows are in ``rows/``, see :mod:`mtpipe.scale.folder`.
        to: target language.
        source: source language; by default each article's own.
        model: see :class:`mtpipe.Translator`, as well as the next.
        engine: what runs the models.
        beam: width of the beam search.
        quantization: weights for CTranslate2.
        device: where to compute.
        cache: keep the segments of articles on disk, on each worker's machine.
        round_trip: estimate each segment by translating it back, too.
        comet: estimate each segment with this model of COMET.
        rules: what is furniture.
        resources: by how many workers, and where; by default one a processor of this machine.
        form: of the rows.
        on_progress: gets the summary so far, after each shard.
        is_stopped: asked several times a second; once it is true, shards in hand are given up.
        verbose: let Ray and the workers speak on standard error.

    Raises:
        DependencyMissing: Ray isn't installed.
        UnsupportedDirection, ModelNotFound, ModelCorrupt: a model can't be used.
        ConfigError: settings that can't be, or no such cluster.
        InputError: standard input, or an output that is something else.
        OutputError: another run is writing to the output, or it can't be written.
        EngineError: the cluster broke down.
    """
    resources = resources or Resources()
    task = TranslationTask(
        to=Language.parse(to),
        source=Language.parse(source) if source else None,
        model=model,
        engine=EngineName(engine),
        beam=beam,
        quantization=Quantization(quantization),
        device=Device(device),
        threads=resources.threads_per_worker,
        cache=cache,
        round_trip=round_trip,
        comet=comet,
        furniture=rules.settings if rules else FurnitureSettings(),
    )
    return run(
        inputs,
        output,
        task,
        resources,
        form=form,
        on_progress=on_progress,
        is_stopped=is_stopped,
        verbose=verbose,
    )
