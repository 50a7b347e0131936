"""What people choose from by name, on the command line and in Python alike."""

from enum import StrEnum

from mtpipe.types.detection import Finding


class EngineName(StrEnum):
    """Software that runs models."""

    CTRANSLATE2 = "ctranslate2"
    TRANSFORMERS = "transformers"


class Device(StrEnum):
    """Where to compute; ``auto`` is a GPU where there is one."""

    AUTO = "auto"
    CPU = "cpu"
    CUDA = "cuda"


class Quantization(StrEnum):
    """Formats of a model's weights in CTranslate2; ``auto`` is int8 on a CPU, float16 on a GPU."""

    AUTO = "auto"
    INT8 = "int8"
    FLOAT16 = "float16"
    FLOAT32 = "float32"


class DocumentFormat(StrEnum):
    """The forms in which translated articles are written."""

    JSONL = "jsonl"
    TEXT = "text"
    HTML = "html"
    TSV = "tsv"
    TMX = "tmx"
    XLIFF = "xliff"


class AlignmentFormat(StrEnum):
    """The forms in which alignments are written."""

    TABLE = "table"
    JSONL = "jsonl"
    TSV = "tsv"
    TMX = "tmx"
    VECALIGN = "vecalign"
    HTML = "html"


class ScoreFormat(StrEnum):
    """The forms in which scores are written."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    LATEX = "latex"
    MARKDOWN = "markdown"
    HTML = "html"


class MetricName(StrEnum):
    """The string metrics, as sacrebleu computes them."""

    BLEU = "bleu"
    CHRF = "chrf"
    CHRF_PLUS_PLUS = "chrf++"
    TER = "ter"

    @property
    def higher_is_better(self) -> bool:
        """Whether more is better; TER counts edits, so that less is."""
        return self is not MetricName.TER


class FailOn(StrEnum):
    """Verdicts that may fail a command, in a word each."""

    MACHINE = "machine"
    PROBABLE = "probable"
    SIGNS = "signs"
    TRANSLATION = "translation"
    RELATED = "related"
    COPY = "copy"

    @property
    def finding(self) -> Finding:
        """The verdict that it stands for."""
        return _FINDINGS[self]


_FINDINGS = {
    FailOn.MACHINE: Finding.MACHINE_REPUBLICATION,
    FailOn.PROBABLE: Finding.PROBABLE_MACHINE,
    FailOn.SIGNS: Finding.SIGNS,
    FailOn.TRANSLATION: Finding.TRANSLATION,
    FailOn.RELATED: Finding.RELATED,
    FailOn.COPY: Finding.COPY,
}
