"""Sentences of a paragraph, with exact character offsets, for German, English and French.

A rule-based splitter of our own, because on news it finds more of the right boundaries than any
package measured beside it (``data/benchmarks/split_sentences.py``; F1 on lines that end in
punctuation, de/fr/en: .991/.996/.993; sentence-splitter .987/.978/.993, pysbd .970/.989/.972,
syntok .981/.981/.991, blingfire .975/.973/.991, sentencex .966/.983/.974), and because it gives
offsets into the untouched text. A full stop, question or exclamation mark or ellipsis followed by
white space is a candidate; what stands before and after decides. In doubt the text stays whole: a
model translates two sentences in one segment better than half a sentence.

Not for finding titles that lack a full stop in the middle of running text, and not for dividing a
sentence that is too long for a model.
"""

from collections.abc import Iterable, Iterator

import regex as re

from mtpipe.types import Article, Language, Segment

__all__ = ["cut_paragraphs", "sentences_of", "split"]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Never end a sentence: what they abbreviate stands before a name, a number or its noun.
_NEVER = {
    Language.DE: _words(
        "Dr Prof Mr Mrs Ms Hr Fr Frl St Sankt Dipl Ing Eidg Präs Gen Nr Nrn Ziff Abs Kap Bd Tel Hrsg"
        " ca bzw bspw evtl ggf sog vgl z.B d.h u.U i.d.R v.a s.o m.E i.V.m p.a max min inkl exkl"
        " resp vs engl frz dt lat geb gest verh gem lt lit Mag stv Stv Str Abb Anm zzgl"
        " Sen Rep Gov Lt Sgt Capt Col med phil jur rer nat iur"
        " Fa Fam Gebr Hl hl Hrn Dres Doz Kdt Oblt Hptm Bgm Abg Gde Vors stv Zt Hd z.Zt z.Hd Bst"
        " mind insb insbes bes allg einschl ausschl ehem sogen jew versch zus dt österr schweiz"
        " kath ev evang amerik russ ital span"
    ),
    Language.EN: _words(
        "Dr Prof Mr Mrs Ms Messrs Mmes Mx Rev Hon Fr Gov Sen Sens Rep Reps Gen Lt Sgt Cpl Capt Cmdr"
        " Col Maj Adm Supt Det Insp Pres Amb Atty Sec Ald Dir e.g i.e cf vs v approx incl excl ca"
        " Fig Figs Eq Vol pp para paras Mt Ft Const Cst Pte Pvt Pfc Asst Assoc Brig Lieut Drs Profs"
    ),
    Language.FR: _words(
        "M MM Mr Mrs Mlle Mme Mgr Me Dr Pr Prof Gén Cdt Cne Lt Col cf env p.ex ex c.-à-d chap vol"
        " fig éd dir tél resp anc nouv v vs pp St Ste N av apr ap boul bd ch rte coll trad let"
        " hon gén sgt Dre Pre Mes Mmes Mlles"
    ),
}

# End a sentence unless a number follows.
_BEFORE_NUMBER = _words(
    "No no Nos nos Art art Arts al p s S Bd Vol N n Par par Kat Jan Feb Febr Apr Aug Sept Sep Okt"
    " Oct Nov Dez Dec Mar Jun Jul janv févr avr juil oct nov déc Jh min sec Az Op op Ext ext"
)
_BEFORE_NUMBER_OF = {
    Language.DE: _words("Mo Di Mi Do Sa Jän Rn Rz Rdnr Fn Tab Kl Abt Anl Anh Aufl Jg"),
    Language.EN: _words("Hwy Rte Rt Apt Rm Ch ch fig figs vol vols Sect Tel tel Est est"),
    Language.FR: _words("sept juill réf app"),
}

# End a sentence only if the next word is one that opens sentences (below).
_MAYBE = _words(
    "etc usw usf Mio Mrd Mia mio mia mrd Inc Corp Co Ltd Llc Plc Jr Sr Bros Cie St Ste Ave Blvd Rd"
    " Sq Univ Dept Assn Kft Bt Rt Zrt Ca ff Jan Feb Mar Apr Aug Sept Sep Oct Nov Dec Okt Dez Calif"
    " Mass Conn Pa Va Fla Tex Wash Ariz Ill Mich Minn Tenn Ga Ind Wis Ore Colo Std Min Sek Tsd Hbf"
    " Jh Jhd Chr Me Mt Ph.D Mon Tue Tues Wed Thu Thur Thurs Fri Sat Ont Que Alta Sask Nfld Ala Ark"
    " Del Kan Ky Md Miss Mont Neb Nev Okla Vt Wyo inc ltée"
)

# Words that open sentences and hardly ever begin a name.
_OPENERS = {
    Language.DE: _words(
        "Aber Alle Allerdings Alles Als Also Am An Andere Anders Auch Auf Aufgrund Aus Außerdem"
        " Bei Beide Beim Bereits Bis Bisher Da Dabei Dadurch Dafür Dagegen Daher Damit Danach"
        " Daneben Dann Daran Darauf Daraufhin Darin Darüber Darum Darunter Das Dass Davon Davor"
        " Dazu Dem Den Denn Dennoch Der Deren Derzeit Des Deshalb Dessen Die Dies Diese Diesem"
        " Diesen Dieser Dieses Doch Dort Durch Ein Eine Einem Einen Einer Eines Einige Er Erst Es"
        " Etwa Für Gegen Gestern Heute Hier Hierzu Ich Ihm Ihn Ihnen Ihr Ihre Im Immer In Indem"
        " Insgesamt Inzwischen Ist Je Jede Jeder Jedes Jedoch Jetzt Kein Keine Laut Man Manche"
        " Mehr Mehrere Mit Mittlerweile Nach Nachdem Natürlich Neben Nicht Nichts Noch Nun Nur Ob"
        " Obwohl Oder Ohne Schließlich Schon Sein Seine Seit Selbst Sich Sie Sind So Sobald Sollte"
        " Sondern Sowohl Später Statt Trotz Trotzdem Über Um Und Uns Unser Unsere Unter Viele"
        " Vielleicht Vom Von Vor War Waren Warum Was Wegen Weil Weitere Welche Wenn Wer Weder Wie"
        " Wieder Wir Wird Wo Während Zu Zudem Zuletzt Zum Zur Zuvor Zwar Zwischen"
    ),
    Language.EN: _words(
        "A About According After Afterwards All Also Although Among An And Another Any As At"
        " Because Before Besides Both But By Despite During Each Even Every Everyone Few Finally"
        " For Former From Further Furthermore Given Had Has Have He Her Here His How However I If"
        " I'd I'll I'm I've In Instead Is It Its It's Last Later Like Many Meanwhile More Moreover"
        " Most My Neither Nevertheless No Nobody None Nor Not Nothing Now Of On Once One Only Or"
        " Other Others Our Over People Perhaps Rather Several She Since So Some Soon Still Such"
        " Than That That's The Their Then There There's Therefore These They They're This Those"
        " Though Through Thus To Today Two Under Until Was We Were What When Where Whether Which"
        " While Who Why With Within Without Yesterday Yet You Your"
    ),
    Language.FR: _words(
        "Ainsi Alors Après Au Aucun Aucune Aujourd'hui Aussi Autant Autre Aux Avant Avec Beaucoup"
        " Bien Bref Car Ce Cela Celle Celui Cependant Certains Ces Cet Cette Ceux Chaque Comme"
        " Comment Contre D' Dans De Depuis Des Dès Deux Donc Dont Du Elle Elles En Enfin Ensuite"
        " Entre Est Et Face Grâce Hier Ici Il Ils J' Jamais Je L' La Laissez Le Les Leur Leurs Lors"
        " Lorsque Mais Malgré Même Mon N' Ne Ni Non Nos Notre Nous Or Ou Où Outre Par Parce Parmi"
        " Pendant Peu Peut-être Plus Plusieurs Pour Pourquoi Pourtant Près Puis Puisque Qu' Quand"
        " Quant Que Quel Quelle Quelques Qui Quoi S' Sa Sans Se Selon Ses Seul Si Son Sont Sous Sur"
        " Tandis Tous Tout Toute Toutefois Toutes Très Trop Un Une Voici Voilà Vos Votre Vous Y À"
        " C' Ça C'est"
    ),
}

_CANDIDATE = re.compile(
    r"""(?:(?<![.!?…])(?P<stop>[.!?…]++)
           (?P<closers>(?:["”“’'«»‹›)\]]|[\u00a0\u202f\u2009 ][»›](?![^\s.,;:)]))*+)
           (?:\[\d{1,3}\]|[¹²³⁰⁴-⁹])*+  # a note's number
        |  (?=\n[^\S\n]*+\n)  # a blank line
        )
        (?P<gap>\s++)
        (?:[(\[](?:…|\.{3})[)\]]\s?|[„“"«»‹›'‘’(\[*•–—-]\s?){0,9}+  # what opens the next sentence
        (?P<next>[^\W\d_]++(?:['’-]?[^\W\d_]++)*+|\d|.|$)""",
    re.VERBOSE,
)
_TOKEN_BREAK = re.compile(r"[\s(\[„“”«»\"'’‘/]")
_APOSTROPHE = re.compile(r"['’-]")
# Initials ("J.", "J.-P.") and abbreviations with inner full stops ("U.S.", "z.B.", "Dipl.-Kfm.").
_ABBREVIATED = re.compile(r"(?:^|[-.])[^\W\d_]$|[^\W\d_]\.-[^\W\d_]")
# Initials of a first name, but those of "av. J.-C."
_FIRST_NAME = re.compile(r"[^\W\d_](?:[^\W\d_]?\.-(?!C$)[^\W\d_])+")
_STREET = re.compile(r"[^\W\d_]str$")
# German ordinals, Roman ones included ("XX. Jahrhundert"); four digits are a year.
_ORDINAL = re.compile(r"(?:^|[-–])(?:\d{1,3}|[IVXLC]+)$")
_SPACED = re.compile(
    r"\b(?:z\.\sB|d\.\sh|u\.\sU|o\.\sä|i\.\sd\.\sR|v\.\sa|a\.\sD|s\.\so|p\.\sex|c\.\sà\sd)$"
)
_ASKED = re.compile(
    r"(?:[A-Z][\w.’'-]*\s){0,3}"
    r"(?:said|says|asked|asks|told|added|wrote|shouted|cried|replied|wondered|joked|exclaimed)\b"
)
_CLOSING = frozenset(".!?…,;:)]»›”")
_LOOK_BACK_CHARS = 40
_PARAGRAPH = 3
"""Sentences from which on a text is taken for a paragraph."""


def sentences_of(article: Article) -> list[str]:
    """The sentences of an article's title and body, without captions."""
    return [
        segment.text
        for block in article.compared
        for segment in split(block.text, article.language)
    ]


def cut_paragraphs(parts: Iterable[str], language: Language) -> list[str]:
    """A list that ought to be one of sentences, with the paragraphs in it cut into theirs.

    What has one sentence or two stays as it is: whoever made the list may know better.

    Args:
        parts: sentences or paragraphs.
        language: of all of them.
    """
    sentences: list[str] = []
    for part in parts:
        found = [segment.text for segment in split(part, language)]
        sentences += found if len(found) >= _PARAGRAPH else [part]
    return sentences


def split(text: str, language: Language) -> list[Segment]:
    """Split the text of one block into sentences.

    Args:
        text: a paragraph, a heading or the like; a blank line in it ends a sentence as well.
        language: decides on abbreviations, ordinals and the words that open a sentence.

    Returns:
        Segments in order: disjoint, without white space at either end, and together covering
        every character of ``text`` that isn't white space. A heading without a full stop is one
        segment; text of nothing but white space has none.

    >>> [segment.text for segment in split("Am 3. Mai kam Dr. Wu. Er blieb.", Language.DE)]
    ['Am 3. Mai kam Dr. Wu.', 'Er blieb.']
    """
    segments = []
    start = 0
    for end in _ends(text, language):
        piece = text[start:end]
        if sentence := piece.strip():
            begin = start + len(piece) - len(piece.lstrip())
            segments.append(Segment(sentence, begin, begin + len(sentence)))
        start = end
    return segments


def _ends(text: str, language: Language) -> Iterator[int]:
    """Offsets behind the last character of each sentence, in order."""
    begin = position = 0
    while match := _CANDIDATE.search(text, position):
        if match["gap"].count("\n") > 1 or _ends_sentence(text, begin, match, language):
            yield match.start("gap")
            begin = match.end("gap")
        position = match.end("gap")
    yield len(text)


def _ends_sentence(text: str, begin: int, match: re.Match[str], language: Language) -> bool:
    """Decide on one candidate; ``begin`` is where the current sentence starts."""
    stop, closers, following = match["stop"], match["closers"], match["next"]
    if not following or following in _CLOSING or _APOSTROPHE.split(following)[0].islower():
        return False
    before = text[max(begin, match.start("stop") - _LOOK_BACK_CHARS) : match.start("stop")]
    if before.endswith(("(", "[")):
        return False  # "(!)" comments on a word; "[...]" stands for the start of what follows
    if stop != ".":
        if closers.startswith((")", "]")) and text[begin] not in "([":
            return False  # "(really?)" is an aside, unless the whole sentence is in brackets
        asked = language is Language.EN and closers and _ASKED.match(text, match.start("next"))
        return not asked
    if closers.strip(")]"):
        return True
    return _full_stop_ends_sentence(before.lstrip(), following, language)


def _full_stop_ends_sentence(before: str, following: str, language: Language) -> bool:
    """Decide on a single full stop between ``before`` (as far as it matters) and a word."""
    token = _TOKEN_BREAK.split(before)[-1]
    last = token.rpartition("-")[2]  # "Missouri-St. Louis"
    never = _NEVER[language]
    if token in never or last in never or _SPACED.search(before) or _FIRST_NAME.fullmatch(token):
        return False
    if not any(map(str.isalnum, before.removesuffix(token))):  # it would be the whole sentence
        is_item = len(token) == 1 or token.isdigit()
        if is_item or token[:1].lower() + token[1:] in never:
            return False
    opens = following in _OPENERS[language] or _elided(following) in _OPENERS[language]
    if language is Language.DE and _ORDINAL.search(token):
        return opens
    if following.isdigit() and (token in _BEFORE_NUMBER or token in _BEFORE_NUMBER_OF[language]):
        return False
    is_street = language is Language.DE and _STREET.search(token)
    if last in _MAYBE or is_street or _ABBREVIATED.search(token):
        return opens
    return True


def _elided(word: str) -> str:
    """``L'`` of ``L'Europe``."""
    head, apostrophe, _ = word.replace("’", "'").partition("'")
    return head + apostrophe
