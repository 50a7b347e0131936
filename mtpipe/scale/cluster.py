"""A Ray cluster for a run: the one that is there, one that is named, or one on this machine.

Not for what is done on it: see :mod:`mtpipe.scale.running`.
"""

import logging
import os

__all__ = ["quiet"]


def quiet() -> None:
    """Have Ray keep to itself how it works, and not tell its makers that it is used.

    To be called before Ray is imported.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    for name in ("ray", "ray.data"):
        logging.getLogger(name).setLevel(logging.ERROR)
