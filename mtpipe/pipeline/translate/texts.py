"""Some texts to their translations, in one call."""

from collections.abc import Iterable

from mtpipe.pipeline.systems.choosing import AUTO
from mtpipe.pipeline.translate.translator import Translator
from mtpipe.types import Hypothesis, Language

__all__ = ["translate"]


def translate(
    texts: Iterable[str],
    to: Language | str,
    *,
    source: Language | str,
    model: str = AUTO,
    beam: int = 4,
) -> list[Hypothesis]:
    """Translate some texts, each as one segment: a sentence, or a heading.

    The model is loaded each time; keep a :class:`Translator` to call it often. May be called from
    several threads at once.

    Example:
        >>> import mtpipe
        >>> [hypothesis] = mtpipe.translate(["Guten Morgen."], "en", source="de", model="starter")
        >>> hypothesis.text
        'Good morning.'

    Args:
        texts: to be translated.
        to: target language.
        source: source language.
        model: an installed model's name, a folder, or ``"auto"``: the best one installed.
        beam: width of the beam search, 1 to 64; 1 is greedy.

    Returns:
        One hypothesis per text, in their order.

    Raises:
        UnsupportedDirection: no such language, or no installed model translates this.
        ModelNotFound, ModelCorrupt: the model isn't there, or is damaged.
        ConfigError: a beam that can't be.
        EngineError: decoding failed.
    """
    with Translator(to, source=source, model=model, beam=beam, cache=False) as translator:
        return translator.segments(texts)
