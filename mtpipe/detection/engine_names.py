"""What the names of engines say: which are versions of each other, which are language models."""

import re

LARGE_LANGUAGE_MODEL = "large language model"
TRANSLATION_MODEL = "translation model"

STAND_INS = frozenset({"bergamot"})
"""Engines about as good as the models that can be installed, OPUS-MT's: theirs can stand for those."""

_VERSION = re.compile(
    r"([-_](tiny|small|base|big|large|memory|greedy|beam|mbr|bleu|comet|\d+-?shot|v?\d[\w.]*))+$",
    re.IGNORECASE,
)
_LARGE = re.compile(
    r"(chat)?gpt|claude|gemini|palm|llama|mi[sx]tral|qwen|gemma|aya|tower|command-?r|deepseek|lan-bridge",
    re.IGNORECASE,
)
"""Names of large language models, and of submissions to WMT that asked one."""


def engine_family(engine: str) -> str:
    """Engines that are versions of each other count as one: ``bergamot-tiny`` is ``bergamot``.

    The anonymous engines of WMT, ``ONLINE-A`` and so on, are one each, in whatever spelling.
    """
    return _VERSION.sub("", engine).casefold()


def generation_of(engine: str) -> str:
    """Whether an engine is a large language model or one made to translate; empty for a person."""
    if not engine:
        return ""
    return LARGE_LANGUAGE_MODEL if _LARGE.match(engine) else TRANSLATION_MODEL
