"""The same calls on many machines, on Ray: ``mtpipe scale``.

Each name is loaded on its first use, as those of :mod:`mtpipe` are.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mtpipe.scale.detecting import detect as detect
    from mtpipe.scale.indexing import index as index
    from mtpipe.scale.output import Form as Form
    from mtpipe.scale.summary import ScaleSummary as ScaleSummary
    from mtpipe.scale.tasks import Resources as Resources
    from mtpipe.scale.translating import translate as translate

_PUBLIC = {
    "Form": "mtpipe.scale.output",
    "Resources": "mtpipe.scale.tasks",
    "ScaleSummary": "mtpipe.scale.summary",
    "detect": "mtpipe.scale.detecting",
    "index": "mtpipe.scale.indexing",
    "translate": "mtpipe.scale.translating",
}
"""Public names, and the module that each is loaded from on first use."""

__all__ = ["Form", "Resources", "ScaleSummary", "detect", "index", "translate"]


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_PUBLIC[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_PUBLIC})
