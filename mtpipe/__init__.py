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
    from mtpipe.ingest.reader import read_article as read_article
    from mtpipe.ingest.reader import read_articles as read_articles
    from mtpipe.pipeline.align import align as align
    from mtpipe.pipeline.align import evaluate_alignment as evaluate_alignment
    from mtpipe.pipeline.bench.floors import compare_reports as compare_reports
    from mtpipe.pipeline.bench.run import bench as bench
    from mtpipe.pipeline.models.fetching import fetch_model as fetch_model
    from mtpipe.pipeline.models.upkeep import check_model as check_model
    from mtpipe.pipeline.models.upkeep import convert_model as convert_model
    from mtpipe.pipeline.models.upkeep import remove_model as remove_model
    from mtpipe.pipeline.score.scoring import score as score
    from mtpipe.pipeline.train.running import train as train

_PUBLIC = {
    "align": "mtpipe.pipeline.align",
    "bench": "mtpipe.pipeline.bench.run",
    "check_model": "mtpipe.pipeline.models.upkeep",
    "compare_reports": "mtpipe.pipeline.bench.floors",
    "convert_model": "mtpipe.pipeline.models.upkeep",
    "evaluate_alignment": "mtpipe.pipeline.align",
    "fetch_model": "mtpipe.pipeline.models.fetching",
    "read_article": "mtpipe.ingest.reader",
    "read_articles": "mtpipe.ingest.reader",
    "remove_model": "mtpipe.pipeline.models.upkeep",
    "score": "mtpipe.pipeline.score.scoring",
    "train": "mtpipe.pipeline.train.running",
}
"""Public names, and the module that each is loaded from on first use."""

__all__ = ["Direction", "Hypothesis", "Language", "MtpipeError", "__version__", "read_articles"]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_PUBLIC[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_PUBLIC})
