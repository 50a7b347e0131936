"""Imports of optional, heavy packages: at construction time, with a message that repairs a lack.

Call :func:`require` where an object that needs the package is built, never in its hot path, so
that a missing extra shows at the start and not in the middle of a corpus.
"""

import importlib
from types import ModuleType

from mtpipe.errors import DependencyMissing


def require(module: str, *, extra: str) -> ModuleType:
    """Import and return an optional module.

    Args:
        module: its import name, e.g. ``"torch"``.
        extra: the extra of mtpipe that installs it, e.g. ``"torch"``.

    Raises:
        DependencyMissing: it isn't installed; the hint is the pip line.
    """
    try:
        return importlib.import_module(module)
    except ImportError as exc:
        raise DependencyMissing(
            f"{module} isn't installed", hint=f"pip install 'mtpipe[{extra}]'"
        ) from exc
