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
    from mtpipe.pipeline.archive.archive import Archive as Archive
    from mtpipe.pipeline.archive.encoder import Scope as Scope
    from mtpipe.pipeline.detect.calibration import calibrate as calibrate
    from mtpipe.pipeline.detect.detector import Detector as Detector
    from mtpipe.pipeline.detect.pairs import read_pairs as read_pairs

_PUBLIC = {
    "Archive": "mtpipe.pipeline.archive.archive",
    "Detector": "mtpipe.pipeline.detect.detector",
    "Scope": "mtpipe.pipeline.archive.encoder",
    "calibrate": "mtpipe.pipeline.detect.calibration",
    "read_article": "mtpipe.ingest.reader",
    "read_pairs": "mtpipe.pipeline.detect.pairs",
    "read_articles": "mtpipe.ingest.reader",
}
"""Public names, and the module that each is loaded from on first use."""

__all__ = [
    "Archive",
    "Detector",
    "Direction",
    "Hypothesis",
    "Language",
    "MtpipeError",
    "Scope",
    "__version__",
    "calibrate",
    "read_article",
    "read_articles",
    "read_pairs",
]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_PUBLIC[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_PUBLIC})
