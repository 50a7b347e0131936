"""mtpipe: translate, align, score and benchmark with MarianMT models; detect republications.

The command line (``mtpipe --help``) and this package are two faces of the same calls, which stand
in :mod:`mtpipe.pipeline`::

    from mtpipe import Direction
    from mtpipe.pipeline.systems.loading import choose_model, load_system

    direction = Direction.parse("de-en")
    system = load_system(choose_model("auto", direction))
    [hypothesis] = system.translate(["Guten Morgen."], direction)
"""

from mtpipe.errors import MtpipeError
from mtpipe.types import Direction, Hypothesis, Language

__all__ = ["Direction", "Hypothesis", "Language", "MtpipeError", "__version__"]
__version__ = "0.1.0"
