"""What a piece of a page is, judged by its wording alone: body, or which kind of furniture.

Not for pages with markup, where the element says more; there this is the second opinion.
"""

import regex as re

from mtpipe.ingest.page import key
from mtpipe.types import BlockKind

__all__ = ["furniture_kind", "is_repetition", "is_sentence", "split_dateline"]

# Spelt out, in three languages and Austria's: "11 décès" and "Augsburg 2" are no dates.
_MONTH = (
    r"(?:jan(?:uary?|v(?:ier)?)?|jän(?:ner)?|feb(?:ruary?|er)?|f[ée]v(?:r(?:ier)?)?|märz?|mrz"
    r"|mar(?:ch|s)?|apr(?:il)?|avr(?:il)?|ma[iy]|jun[ei]?|juin|jul[iy]?|juil(?:l(?:et)?)?"
    r"|aug(?:ust)?|ao[uû]t|sept?(?:emb(?:er|re))?|o[kc]t(?:ob(?:er|re))?|nov(?:emb(?:er|re))?"
    r"|(?:de[zc]|déc)(?:emb(?:er|re))?)(?!\w)\.?"
)
_DAY = (
    r"(?:mo(?:n|ntag)|di(?:enstag)?|mi(?:ttwoch)?|do(?:nnerstag)?|fr(?:eitag)?|sa(?:mstag)?"
    r"|so(?:nntag)?|(?:mon|tues|wednes|thurs|fri|satur|sun)day|lundi|mardi|mercredi|jeudi"
    r"|vendredi|samedi|dimanche)"
)
_TIME = r"\d{1,2}\s?(?:[:.h]\s?\d{2}(?::\d{2})?|h)(?:\s?(?:uhr|a\.?m\.?|p\.?m\.?|gmt|mesz|mez|cet|est|edt|et))*"
_DATE = (
    rf"(?:\d{{1,2}}(?:\.|er|st|nd|rd|th)?\s(?:of\s)?{_MONTH}(?:,?\s\d{{4}})?"
    rf"|{_MONTH}\s\d{{1,2}}(?:,?\s\d{{4}})?|\d{{4}}-\d\d?-\d\d?(?:t[\d:.z+]+)?|\d\d?[./]\d\d?[./]\d{{2,4}})"
)
_STAMP_WORDS = (
    r"(?:gepostet|veröffentlicht|erstellt|aktualisiert|geändert|stand|status|statut|zuletzt|letzte|änderung|am"
    r"|um|vom|den|der|posted|published|updated|modified|created|last|on|at|date|publié|publiée"
    r"|mis|mise|à|jour|modifié|modifiée|dernière|posté|le|vers|il y a|vor|ago|uhr|hours?|minutes?"
    r"|stunden?|minuten?|heures?|datum|and|und|et|the|clock|horloge)"
)
# Possessive, because a number reads as a time, a date or just a number: no second tries.
_TIME_STAMP = re.compile(
    rf"(?=.*\d)(?:(?:{_DATE}|{_TIME}|{_DAY}|{_STAMP_WORDS}|\d{{1,3}})(?:[\s,.:|–—•·-]+|$))++",
    re.IGNORECASE,
)
# "10 Minuten" is how long something takes; only with one of these it is a time.
_POINT_IN_TIME = re.compile(
    rf"{_DATE}|{_TIME}(?!\w)|\b{_DAY}\b|\b(?:vor|ago|il y a)\b|\d\s?uhr\b", re.IGNORECASE
)
# Figures alone are a time only where they are written as one: "335.789" and "18.30" are amounts.
_FIGURES = re.compile(r"[\d\s.,]++")
_DATE_IN_FIGURES = re.compile(r"(?:\d\d?\.\d\d?\.\d{2,4}[\s,]*)+(?:\d\d?\.\d\d)?")
_MENU_WORD = (
    r"(?:home|startseite|accueil|menü|menu|nach oben|back to top|haut de page|skip to content"
    r"|zum inhalt springen|aller au contenu|login|log in|sign in|anmelden|registrieren|connexion"
    r"|se connecter|suche|search|rechercher|share|teilen|partager|drucken|print|imprimer|facebook"
    r"|twitter|x|whatsapp|linkedin|e-?mail|impressum|datenschutz|kontakt|contact|imprint|rss)"
)
_NAVIGATION = re.compile(
    r"(?i:prev(?:ious)?|next|zurück|weiter|précédent|suivant)(?:\s?[:|»›→]|$)"
    rf"|(?i:{_MENU_WORD}(?:\s?[|>»›•·/]\s?[\w -]{{1,30}}|\s{_MENU_WORD})*+$)"
    r"|[^.!?>»›]{1,40}(?:\s[>»›]\s[^.!?>»›]{1,60}){2,}$"
)
_NOTICE = re.compile(
    r"^(?:©|(?:copyright\s)?\(c\)\s|copyright\s(?:©|by\b|\d{4}))|\b(?:alle rechte vorbehalten|all rights reserved|tous droits réservés)\b"
    r"|^(?:allgemeine )?(?:nutzungsbedingungen|terms of use|conditions d['’]utilisation)$"
    r"|^[–—-]?\s?(?:anzeige|werbung|advertisement|sponsored|(?:la\s)?publicité)\s?[–—-]?$"
    r"|^(?:(?:der )?artikel |(?:die )?fortsetzung |(?:der )?rest |lesen sie |weiterlesen )?(?:geht |wird )?(?:nach|unter) (?:der|dieser) (?:anzeige|werbung)(?: (?:weiter|weiterlesen|fortgesetzt))?$"
    r"|^(?:(?:the )?(?:article|story|rest|content|sequel) )?continue[sd]? (?:after|below) (?:this |the )?ad(?:vert(?:isement)?)?$"
    r"|^(?:the )?(?:rest|continuation|sequel) after (?:this|the) ad(?:vert(?:isement)?)?$"
    r"|^(?:la )?suite (?:de l['’]article )?après (?:cette|la) (?:publicité|pub)$"
    r"|^(?:(?:temps|durée) de lecture|lesezeit|lesedauer|reading time|lecture)\s?:?\s?(?:env\.|ca\.|about)?\s?\d{1,3}\s?min(?:\.|utes?|uten?)?$"
    r"|^\d{1,3}[\s-]min(?:\.|utes?|uten?)?\s(?:read|de lecture|lesezeit|lesedauer)$"
    r"|^(?:haben sie (?:einen |andere )?fehler (?:gefunden|entdeckt)|fehler (?:gefunden|entdeckt)|(?:vous avez|avez-vous) (?:trouvé|repéré|relevé) une (?:erreur|faute)"
    r"|(?:did you |have you )?(?:spot(?:ted)?|found|find|see|seen) an? (?:error|mistake|typo))\s?\?"
    r"|\b(?:diese (?:seite|webseite|website) verwendet cookies|we use cookies|uses cookies|utilise des cookies)\b"
    r"|^(?:alle cookies|accept all|tout accepter|alle akzeptieren)\b"
    r"|^(?:jetzt )?(?:abonnieren|subscribe|s['’]abonner|abonnez-vous)\b.{0,80}$"
    r"|^(?:jetzt )?newsletter(?:\s?$|\s?[:|–]|\s(?:abonnieren|bestellen|anmelden|sign|subscribe)\b).{0,80}$",
    re.IGNORECASE,
)
_TITLED = r"""(?=\s?$|\s?[:,.…>»|(/–—-]|\s(?-i:[A-ZÄÖÜÉÈÀÇ„«"“‘]))"""
"""What follows an opening is the title of another article, or nothing."""
_RELATED = re.compile(
    rf"^(?:lesen sie auch(?:{_TITLED}|(?=\s(?:unser|hier|dazu|d[aei][sren]\b)))"
    rf"|read (?:also|more)(?:{_TITLED}|(?=\s(?:about|on|here|at|from|news|stories|articles|our)\b))"
    rf"|(?:à )?lire aussi(?:{_TITLED}|(?=\s(?:sur|dans|notre|nos)\b))"
    r"|(?:auch (?:zu )?lesen|lesen auch|zu lesen auch|weiterlesen|verwandt|also (?:to )?read|to read also|related)\s?:(?=\s)"
    r"|mehr zum thema|you may also (?:like|be interested)"
    r"|das könnte (?:sie|dich|euch)(?: auch| noch)* interessieren"
    r"|(?:cela|ceci|ça) pourrait(?: aussi)? vous (?:plaire|intéresser))(?!\w)",
    re.IGNORECASE,
)
# What begins a sentence of an article as well: furniture only where it is none.
_OPENINGS = (
    (
        BlockKind.RELATED,
        re.compile(
            r"^(?:auch interessant|also interesting|das könnte sie|weitere artikel|see also|more on this"
            r"|related (?:articles?|stories)|à lire|sur le même|voir aussi|articles? liés?"
            r"|dans la même rubrique)\b",
            re.IGNORECASE,
        ),
    ),
    (BlockKind.NOTICE, re.compile(r"©|(?:\(c\)|copyright)\s\d{4}", re.IGNORECASE)),
    (
        BlockKind.NAVIGATION,
        # With the title of another article; "NEXT reports a profit" is a company's.
        re.compile(
            r"^(?:PREV|PREVIOUS|NEXT|ZURÜCK|WEITER|PRÉCÉDENT|SUIVANT)(?=\s+[^\sa-zäöüàâçéèêëîïôùûœ])"
        ),
    ),
)
_SENTENCE_ENDS = tuple(".!?…")
_CLOSERS = "\"'”“»›’)] "
_SENTENCE_WORDS = 4
"""Fewer are no sentence, whatever they end with."""
_REPORTING = re.compile(
    r"\b(?:sag(?:t|te|ten|en)|rät|riet|rief|meint(?:e|en)?|erklärte?n?|betonte?n?|warnte?n?|hieß|heißt es"
    r"|said|says|say|told|asked|announced|warned|explained|argued"
    r"|dit|disent|dit-(?:il|elle|on)|déclaré|expliqué|répondu|annoncé|lancé|affirmé|assuré)\b",
    re.IGNORECASE,
)
"""Nobody is quoted in a label, other than in the title that follows one."""
_LABEL = re.compile(r"[^.!?:]{0,40}?\s?:")
_QUOTING = frozenset({BlockKind.RELATED, BlockKind.NOTICE})
_COMMENT = re.compile(
    r"^(?:\d+\s(?:kommentare?|comments?|commentaires?)|kommentare?|comments?|commentaires?"
    r"|kommentar (?:schreiben|hinterlassen)|leave a (?:comment|reply)"
    r"|laisser un commentaire)[\s:!()\d]*$",
    re.IGNORECASE,
)
_TAGS = re.compile(
    r"^(?:tags?|schlagw[oö]rter?|schlagworte|stichw[oö]rter?|keywords|topics|themen"
    r"|mots[- ]clés?|étiquettes|rubrik|section|rubrique|category|kategorien?|catégories?)\s?:"
    r"|^(?:#[^\W_]\w*[\s,]*)+$",
    re.IGNORECASE,
)
_BYLINE = re.compile(
    r"^(?i:von|by|par|text|texte|autor(?:in)?|author|auteure?|redaktion)\s?:?"
    r"(?:[\s,]+(?:(?:und|and|et|de|von|van|du|le|la|in|aus|à)\b|[A-ZÄÖÜÉ(][\w.’'()-]*+)){1,9}$"
)
_AGENCIES = (
    r"(?:a?dpa(?:-afx)?|afp|ap|apa|ats|awp|belga|epd|kna|sda|sid|reuters|keystone-(?:sda|ats)"
    r"|agence france-presse|(?:la )?presse canadienne|(?:the )?canadian press|(?:the )?associated press)"
)
_CREDIT = re.compile(
    rf"^[–—(-]?\s?(?:avec|mit(?: material| informationen)?(?: der| von)?|with(?: files| reporting)?(?: from)?)"
    rf"\s{_AGENCIES}(?:(?:,\s?|/|\s(?:et|und|and)\s){_AGENCIES})*\)?$",
    re.IGNORECASE,
)
# Systems add it to the full text of feeds, with titles of any length.
_OF_FEED = re.compile(
    r"(?i:the post|l['’]article|der beitrag|der artikel)\s.{1,500}\s"
    r"(?:(?:first )?appeared (?:first )?on|est apparu en premier sur|erschien zuerst (?:auf|bei))\s.{1,100}$"
)
_MARKED = (
    (BlockKind.TIME_STAMP, _TIME_STAMP.fullmatch),
    (BlockKind.RELATED, _RELATED.search),
    (BlockKind.NOTICE, _NOTICE.search),
    (BlockKind.COMMENT, _COMMENT.search),
    (BlockKind.TAG, _TAGS.search),
    (BlockKind.NAVIGATION, _NAVIGATION.match),
    (BlockKind.BYLINE, _BYLINE.search),
    (BlockKind.BYLINE, _CREDIT.search),
)
_FURNITURE_CHARS, _FEED_CHARS = 200, 700
_BEGINNING_CHARS = 30
_TITLE_CHARS = 1_000
_SITE_NAME = re.compile(r"\s[|–—-]\s[^|–—]*$")

_PLACE = r"[A-ZÄÖÜÉÈ][\w'’.-]*+(?:[ /-](?:[A-ZÄÖÜÉÈ(][\w'’.)-]*+|am|im|an der|sur|de|en|upon)){0,4}"
_DATELINE = re.compile(
    rf"""(?:\({_PLACE}(?:,\s[^()]{{1,30}})?\)(?=\s[A-ZÄÖÜÉÈÀÇ„«"“‘'(])             # (Brüssel) Der
        |{_PLACE}(?:,\s[^()–—.]{{1,30}})?\s\([^\W\d][\w/.,\s-]{{1,29}}\)\s?(?:--|[–—-])(?=\s[^a-zäöüéèàç])  # PARIS (AFP) –
        |[A-ZÄÖÜÉÈ][A-ZÄÖÜÉÈ'’./\s-]{{2,30}}(?:,\s[^()–—]{{1,30}}?)?\s(?:--|[–—-])(?=\s)   # BERLIN, 3 mai –
        |[A-ZÄÖÜÉÈ]\w+(?:[\s/][A-ZÄÖÜÉÈ]\w+)?\s?(?:--|[–—])(?=\s[A-ZÄÖÜÉÈÀÇ„«"“])          # Hamburg – Der
        |[A-ZÄÖÜÉÈ]\w+\s?/\s?[A-ZÄÖÜÉÈ]\w+\.(?=\s[A-ZÄÖÜÉÈ„«"“])                  # Köln/Bonn. Die
        )""",
    re.VERBOSE,
)


def furniture_kind(text: str) -> BlockKind | None:
    """The kind of furniture that ``text`` is by its wording, or None if it may be body."""
    if not any(character.isalnum() for character in text):
        return BlockKind.SEPARATOR
    if len(text) <= _FEED_CHARS and _OF_FEED.match(text):
        return BlockKind.NOTICE
    if len(text) > _FURNITURE_CHARS:
        return None
    if _FIGURES.fullmatch(text) and not _DATE_IN_FIGURES.fullmatch(text):
        return None
    kind = next((kind for kind, matches in _MARKED if matches(text)), None)
    if kind is BlockKind.TIME_STAMP and not _POINT_IN_TIME.search(text):
        return None
    if kind in _QUOTING and _reports(text):
        return None
    if kind:
        return kind
    if is_sentence(text):
        return None
    return next((kind for kind, opening in _OPENINGS if opening.search(text)), None)


def is_repetition(text: str, title: str) -> bool:
    """Whether ``text`` repeats ``title``, perhaps with a site's name added or cut short.

    A sentence that begins like the title and goes on is a lead, not its repetition.
    """
    text, title = text[:_TITLE_CHARS], title[:_TITLE_CHARS]
    beginnings = key(text[:_BEGINNING_CHARS]), key(title[:_BEGINNING_CHARS])
    common = min(map(len, beginnings))
    if beginnings[0][:common] != beginnings[1][:common]:
        return False  # most texts, and soon known
    shorter, longer = sorted((text, title), key=lambda words: len(key(words)))
    start, whole = key(shorter), key(longer)
    if not start:
        return False
    if start in (whole, key(_SITE_NAME.sub("", longer))):
        return True
    if longer == text and is_sentence(text):
        return False
    return len(start) >= 20 and len(start) > 0.6 * len(whole) and whole.startswith(start)


def _reports(text: str) -> bool:
    """Whether a sentence says who said something, outside of a title behind a label."""
    return is_sentence(text) and not _LABEL.match(text) and _REPORTING.search(text) is not None


def is_sentence(text: str) -> bool:
    """Whether a text ends as a sentence does, and is no mere phrase."""
    is_ended = text.rstrip(_CLOSERS).endswith(_SENTENCE_ENDS)
    return is_ended and len(text.split()) >= _SENTENCE_WORDS


def split_dateline(text: str) -> tuple[str, str]:
    """Cut "BERLIN (dpa) –" or "(Brüssel)" off the beginning of an article's first paragraph.

    Returns:
        The dateline, empty if there is none, and the rest.
    """
    match = _DATELINE.match(text)
    if match is None:
        return "", text
    return match[0], text[match.end() :].lstrip()
