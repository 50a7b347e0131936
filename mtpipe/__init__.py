"""mtpipe: translate, align, score and benchmark with MarianMT models; detect republications.

What this package shows is its public face; the command line (``mtpipe --help``) calls the same::

    import mtpipe

    [hypothesis] = mtpipe.translate(["Bonjour."], "de", source="fr")

Each name is loaded on its first use, so that ``import mtpipe`` stays light. All of it may be
called from several threads at once.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from mtpipe.errors import MtpipeError
from mtpipe.types import Direction, Hypothesis, Language

if TYPE_CHECKING:
    from mtpipe.ingest.furniture_rules import FurnitureRules as FurnitureRules
    from mtpipe.ingest.reader import read_article as read_article
    from mtpipe.ingest.reader import read_articles as read_articles
    from mtpipe.ingest.sources import Sources as Sources
    from mtpipe.models.conversions import prune_conversions as prune_conversions
    from mtpipe.pipeline.align import align as align
    from mtpipe.pipeline.align import evaluate_alignment as evaluate_alignment
    from mtpipe.pipeline.archive.archive import Archive as Archive
    from mtpipe.pipeline.archive.encoder import Scope as Scope
    from mtpipe.pipeline.bench.floors import compare_reports as compare_reports
    from mtpipe.pipeline.bench.run import bench as bench
    from mtpipe.pipeline.detect.calibration import calibrate as calibrate
    from mtpipe.pipeline.detect.detector import Detector as Detector
    from mtpipe.pipeline.detect.pairs import read_pairs as read_pairs
    from mtpipe.pipeline.models.fetching import fetch_model as fetch_model
    from mtpipe.pipeline.models.upkeep import check_model as check_model
    from mtpipe.pipeline.models.upkeep import convert_model as convert_model
    from mtpipe.pipeline.models.upkeep import remove_model as remove_model
    from mtpipe.pipeline.score.scoring import score as score
    from mtpipe.pipeline.train.running import train as train
    from mtpipe.pipeline.translate.texts import translate as translate
    from mtpipe.pipeline.translate.translator import Translator as Translator

_PUBLIC = {
    "Archive": "mtpipe.pipeline.archive.archive",
    "Detector": "mtpipe.pipeline.detect.detector",
    "FurnitureRules": "mtpipe.ingest.furniture_rules",
    "Scope": "mtpipe.pipeline.archive.encoder",
    "Sources": "mtpipe.ingest.sources",
    "Translator": "mtpipe.pipeline.translate.translator",
    "align": "mtpipe.pipeline.align",
    "bench": "mtpipe.pipeline.bench.run",
    "calibrate": "mtpipe.pipeline.detect.calibration",
    "check_model": "mtpipe.pipeline.models.upkeep",
    "compare_reports": "mtpipe.pipeline.bench.floors",
    "convert_model": "mtpipe.pipeline.models.upkeep",
    "evaluate_alignment": "mtpipe.pipeline.align",
    "fetch_model": "mtpipe.pipeline.models.fetching",
    "prune_conversions": "mtpipe.models.conversions",
    "read_article": "mtpipe.ingest.reader",
    "read_articles": "mtpipe.ingest.reader",
    "read_pairs": "mtpipe.pipeline.detect.pairs",
    "remove_model": "mtpipe.pipeline.models.upkeep",
    "score": "mtpipe.pipeline.score.scoring",
    "train": "mtpipe.pipeline.train.running",
    "translate": "mtpipe.pipeline.translate.texts",
}
"""Public names, and the module that each is loaded from on first use."""

__all__ = [
    "Archive",
    "Detector",
    "Direction",
    "FurnitureRules",
    "Hypothesis",
    "Language",
    "MtpipeError",
    "Scope",
    "Sources",
    "Translator",
    "__version__",
    "align",
    "bench",
    "calibrate",
    "check_model",
    "compare_reports",
    "convert_model",
    "evaluate_alignment",
    "fetch_model",
    "prune_conversions",
    "read_article",
    "read_articles",
    "read_pairs",
    "remove_model",
    "score",
    "train",
    "translate",
]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_PUBLIC[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_PUBLIC})
