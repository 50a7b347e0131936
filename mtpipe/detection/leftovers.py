"""Words of another language that a translation left inside a sentence.

Newspapers print foreign words all the time: names, titles, mottos, quotations, idioms. So only a
run of lower-case words counts that has two different function words of one other language, none of
the article's own, and no name beside it; that a function word of the article's own leads up to; and
that stands neither in quotation marks, brackets, italics or links nor behind a word such as "motto"
or "title". That misses most of what is left over, and hardly ever accuses an author.
"""

from collections.abc import Iterator

import regex

from mtpipe.detection.observations import Examined, Observation
from mtpipe.detection.page_text import SearchedText
from mtpipe.detection.rules import Scope
from mtpipe.types import Language

__all__ = ["FUNCTION_WORDS", "leftover_words"]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


FUNCTION_WORDS = {
    Language.DE: _words(
        "der die das den dem des ein eine einen einem einer eines und oder aber nicht kein keine ist"
        " sind war waren wird werden wurde wurden hat haben hatte hatten sein seine seinen seiner"
        " ihr ihre ihren ihrer sich er sie es wir ich man mit von vom für auf aus bei beim nach zu"
        " zum zur über unter zwischen gegen ohne durch um im in am an als wie dass wenn weil noch"
        " auch nur schon sehr mehr so bis seit vor hinter wegen laut sowie soll sollen kann können"
        " muss müssen dieser diese dieses diesem diesen was wer wo"
    ),
    Language.EN: _words(
        "the a an of and or but not is are was were be been has have had he she it they we his her"
        " its their our with from for on at by to into about over under between against without"
        " through in as that which who when because still also only very more than this these those"
        " said would could should will can must after before during while where there"
    ),
    Language.FR: _words(
        "le la les l un une des du de d et ou mais ne pas est sont était étaient sera seront a ont"
        " avait avaient il elle ils elles nous on qui que qu dont où ce cet cette ces son sa ses"
        " leur leurs se s avec dans pour par sur sous entre contre sans vers chez en au aux comme"
        " plus très aussi selon après avant depuis pendant à y été être avoir"
    ),
}
"""Frequent function words of each language, in lower case."""

# Words of another language's list that are words (or parts of set phrases) of one's own.
_HOMOGRAPHS = {
    Language.DE: _words(
        "a an am as at d du des die es en hat her in l man not on s so was will y ces"
    ),
    Language.EN: _words("a an as d des die en hat her in l les me on or par s so son was will y"),
    Language.FR: _words("a an as at d des du es for in l la man mit on or par s sein so son y was"),
}
_IDIOMS = regex.compile(
    r"\b(?:state of the art|à la carte|à la mode|work in progress|out of the box|one of a kind"
    r"|last but not least|just in time|crème de la crème|coup d['’]état|enfants? terribles?"
    r"|c['’]est la vie|je ne sais quoi|raison d['’]être|fait accompli|pièce de résistance|joie de vivre"
    r"|to whom it may concern|made in|best of|on the rocks|end of the day|comme il faut|comme ci comme ça|sans souci|laisse[rz] faire|face to face|by the way"
    r"|proof of concept|back to the|peer to peer|business to|sense of|right to be forgotten"
    r"|der die das|sturm und drang|vis à vis|tête à tête|en plein air|to go|to be or not|due to"
    r"|one of the|to the point|drive by|cash and carry|hit and run|do it yourself|up to date)\b"
)
# What announces words as words: a motto, a title, a name for something.
_ANNOUNCING = regex.compile(
    r"(?i)\b(?:mottos?|slogans?|devise|titel|title|titre|lied|lieder|song|chanson|prinzip|principle"
    r"|principe|grundsatz|begriff|ausdruck|wort|worte|wörter|terms?|termes?|words?|mots?|phrases?"
    r"|expressions?|redensart|redewendung|spruch|sprichwort|saying|adage|proverbe?|dicton|formel"
    r"|formula|formule|hashtag|buch|book|livre|roman|novel|film|serie|series|série|album|gedicht"
    r"|poem|poème|theaterstück|play|pièce|reihe|projekt|project|projet|programm|programme?|konzept"
    r"|concept|ausstellung|exhibition|exposition|kampagne|campaign|campagne|gericht|dish|plat"
    r"|marke|brand|marque|restaurant|café|hotel|hôtel|band|group|groupe|sogenannte[nrs]?|so-called"
    r"|genannte?[nrs]?|namens|heißt|hieß|heisst|hiess|lautete?|called|named|dubbed|known as|entitled"
    r"|titled|appelée?s?|nommée?s?|intitulée?s?|surnommée?s?|baptisée?s?|english|englische?[nrs]?"
    r"|anglaise?|french|französische?[nrs]?|française?|german|deutsche?[nrs]?|allemande?|latin)\b"
)
_ANNOUNCED_CHARS = 60
_TOKEN = regex.compile(r"[^\W\d_]++")
_SHORTEST_RUN = 3
_MARKERS = 2


def leftover_words(examined: Examined) -> Observation | None:
    """Runs of words of German, English or French in an article in another of them."""
    own = examined.candidate.language
    searched = examined.page[Scope.TEXT]
    quotations = []
    for start, end in _runs(searched, own):
        if searched.is_quoted(start) or _in_brackets(searched.text, start):
            continue
        if _is_marked(searched, start) or _is_announced(searched.text, start, end):
            continue
        quotation = searched.quotation(start, end)
        if quotation and not _IDIOMS.search(quotation.text):
            quotations.append(quotation)
    return Observation(tuple(quotations), len(quotations)) if quotations else None


def _runs(searched: SearchedText, own: Language) -> Iterator[tuple[int, int]]:
    """Start and end of each run of foreign words that has no name beside it."""
    others = [
        words - _HOMOGRAPHS[own] - FUNCTION_WORDS[own]
        for language, words in FUNCTION_WORDS.items()
        if language is not own
    ]
    foreign = frozenset[str]().union(*others)
    shared = {w for language, words in FUNCTION_WORDS.items() if language is not own for w in words}
    run: list[tuple[int, int, str]] = []
    led_to = False  # whether one's own function word stands before the run, with a space between
    leads, is_elsewhere, last_end = False, False, -1
    for match in _TOKEN.finditer(searched.text):
        word, (start, end) = match[0], match.span()
        between = searched.text[last_end:start]
        is_name = not word[0].islower()
        is_own = word in FUNCTION_WORDS[own]
        joined = between in (" ", "'", "’", "-")
        if run and (not joined or is_name or is_own):
            if led_to and not (joined and is_name) and _is_foreign(run, others):
                yield run[0][0], run[-1][1]
            is_elsewhere = any(other in foreign for _, _, other in run)
            run = []
        if not is_name and not is_own:
            if not run:
                led_to = leads and between == " "
            run.append((start, end, word))
        # A word of two languages ("in") leads on where the words before it aren't foreign.
        leads = is_own and not (is_elsewhere and word in shared)
        last_end = end
    if run and led_to and _is_foreign(run, others):
        yield run[0][0], run[-1][1]


def _is_foreign(run: list[tuple[int, int, str]], others: list[frozenset[str]]) -> bool:
    words = {word for _, _, word in run}
    return len(run) >= _SHORTEST_RUN and any(len(words & other) >= _MARKERS for other in others)


def _is_marked(searched: SearchedText, offset: int) -> bool:
    """Whether an offset lies in italics, bold or a link, as titles do."""
    number = searched.block_at(offset)
    inside = offset - searched.starts[number]
    return any(span.start <= inside < span.end for span in searched.blocks[number].spans)


def _is_announced(text: str, start: int, end: int) -> bool:
    """Whether words are announced as words: in the run itself, or shortly before."""
    before = text[max(0, start - _ANNOUNCED_CHARS) : start].rpartition("\n")[2]
    return bool(_ANNOUNCING.search(before + text[start:end]))


def _in_brackets(text: str, offset: int) -> bool:
    """Whether a bracket is open at an offset, looking back a line's length at most."""
    before = text[max(0, offset - 120) : offset].rpartition("\n")[2]
    return max(before.rfind("("), before.rfind("[")) > max(before.rfind(")"), before.rfind("]"))
