"""Shapes of pages by people that look like a machine's: menus, quotations, other languages' systems.

Newsrooms, blogs, clubs and institutions have them all; each stands here in several wordings.
"""

import pytest

from mtpipe.detection.artefacts import find_artefacts
from mtpipe.detection.republication import republication_score
from mtpipe.detection.rules import load_rules
from tests.detection.pages import assert_exact, by_id, read_page

RULES = load_rules()
TEXTS = {
    "de": (
        "Museum öffnet wieder",
        "Das Museum am Hafen öffnet nach zwei Jahren Umbau wieder, wie die Leitung am Dienstag sagte.",
        "Neu sind ein Saal für Kinder und eine Werkstatt, in der Besucher alte Geräte ausprobieren.",
        "Der Eintritt bleibt im ersten Monat frei, danach kostet er sechs Euro für Erwachsene.",
        "Die Stadt hatte den Umbau mit vier Millionen Euro bezahlt und lange darüber gestritten.",
    ),
    "en": (
        "Museum opens again",
        "The museum at the harbour opens again after two years of work, its director said on Tuesday.",
        "There is a new hall for children and a workshop where visitors can try out old machines.",
        "Admission is free for the first month, and after that it will cost six pounds for adults.",
        "The town paid four million pounds for the work, and the council argued about it for long.",
    ),
    "fr": (
        "Le musée rouvre",
        "Le musée du port rouvre après deux ans de travaux, a annoncé mardi sa directrice à la presse.",
        "Une salle pour les enfants et un atelier où l’on essaie de vieilles machines sont nouveaux.",
        "L’entrée reste gratuite pendant le premier mois, puis elle coûtera six euros aux adultes.",
        "La ville a payé quatre millions d’euros pour ces travaux, après de longs débats au conseil.",
    ),
}


def html(text, *, lang=None, head="", body="", after=""):
    """A page in a text's language; ``body`` stands within the article, ``after`` behind it."""
    title, *paragraphs = TEXTS[text]
    prose = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    return (
        f'<!doctype html><html lang="{lang or text}"><head><meta charset="utf-8">'
        f"<title>{title}</title>{head}</head><body><main><article><h1>{title}</h1>"
        f"{prose}{body}</article></main>{after}</body></html>"
    )


def judged(tmp_path, page):
    path = tmp_path / "page.html"
    path.write_text(page, encoding="utf-8")
    read = read_page(path)
    evidence = find_artefacts(read, RULES)
    assert_exact(evidence, read)
    return republication_score(evidence, RULES, candidate=read)


def paragraphs(*texts):
    return "".join(f"<p>{text}</p>" for text in texts)


def divs(*texts):
    return "".join(f'<div class="box">{text}</div>' for text in texts)


def tags(*texts):
    return "<div class='tags'>" + "".join(f"<li><a>{text}</a></li>" for text in texts) + "</div>"


def menu(*texts):
    return "<nav>" + "".join(f'<a href="/x">{text}</a>' for text in texts) + "</nav>"


def row(*texts):
    return "<table><tr>" + "".join(f"<td>{text}</td>" for text in texts) + "</tr></table>"


def hidden(*texts, how='style="display:none"'):
    return f'<div class="notice" {how}>{paragraphs(*texts)}</div>'


def language(content):
    return f'<meta http-equiv="content-language" content="{content}">'


AUTO_EN = "This article has been translated automatically."
AUTO_DE = "Dieser Artikel wurde automatisch übersetzt."
AUTO_FR = "Cet article a été traduit automatiquement."

SPOTLESS = {
    # German quotation marks: what stands between two quotations isn't quoted.
    "chevrons": html(
        "de",
        body=paragraphs(
            "Die einen fanden das »mutig« und die anderen »viel zu teuer« für die Stadt.",
            "Man hörte »Endlich!« und »Warum erst jetzt?« und sogar »Niemals« in der Schlange.",
        ),
    ),
    "chevrons-with-spaces": html(
        "de",
        body=paragraphs("Er sprach von » Mut « und » Weitsicht « und nie von » Angst « dabei."),
    ),
    "chevrons-over-paragraphs": html(
        "de",
        body=paragraphs(
            "»Wir haben lange gewartet, und das Warten hat sich für alle gelohnt.",
            "Nun gehen wir hinein « und » dann gehen wir wieder « oder » wir bleiben « einfach da.",
        ),
    ),
    "swiss-guillemets": html(
        "de", body=paragraphs("Sie nannte es «einen grossen Tag» und «ein Geschenk» für alle.")
    ),
    # Words of menus, settings and tables.
    "share-in-table-de": html("de", body=row("Anteil", "Besucher unter 18 Jahren in Prozent")),
    "share-in-head-of-table-de": html("de", after=row("Jahr", "Anteil", "Summe")),
    "display-in-menu-en": html("en", after=menu("Search", "Display", "Video", "Mobile")),
    "publicity-in-menu-en": html("en", after=menu("About", "Publicity", "Contact")),
    "to-print-in-menu-en": html("en", after=menu("To print", "To share")),
    "diviser-in-menu-fr": html("fr", after=menu("Multiplier", "Diviser")),
    # Navigation and time stamps of systems in two languages.
    "next-event-de": html("de", after=divs("Next event Sommerfest: Musterhausen (12.07)")),
    "events-de": html(
        "de",
        after=divs(
            "PREV event Flohmarkt: Musterhausen (03.05)", "NEXT event Sommerfest: Dorf (12.07)"
        ),
    ),
    "events-in-capitals-de": html(
        "de",
        after=divs("PREV EVENT: Flohmarkt am Rathaus", "NEXT EVENT: Frühlingsmarkt am Rathaus"),
    ),
    "next-page-fr": html("fr", after=divs("Next page: les salles du premier étage")),
    "next-level-de": html("de", after=divs("Next Level Gaming: das Turnier am Freitag")),
    "published-on-fr": html("fr", after=divs("Publié sur 18/02/2020")),
    "published-on-dots-fr": html("fr", after=divs("Publié sur 18.03.2024")),
    "published-on-words-fr": html("fr", after=divs("Publié sur 12 mars 2024 par Lucie")),
    "published-on-site-fr": html("fr", after=divs("Publié sur le site le 12 mars 2024")),
    "as-of-fr": html("fr", after=divs("Mis à jour au 1er janvier 2024")),
    "as-of-dots-fr": html("fr", after=divs("Actualisé au 31.12.2023")),
    "swiss-stand-fr": html("fr", after=divs("État : 1 janvier 2024")),
    "afternoon-fr": html("fr", after=divs("Publié le 3 mai 2024 à 2:30 PM")),
    "afternoon-de": html("de", after=divs("Veröffentlicht am 3. Mai 2024 um 2:30 PM")),
    "entered-on-de": html("de", after=divs("Eingestellt am 12.03.2024")),
    "booked-on-de": html("de", after=divs("Gebucht am 12.03.2024")),
    "posted-by-de": html("de", after=divs("Gepostet um 13:37 Uhr von Petra")),
    "on-a-site-de": html("de", after=divs("Veröffentlicht auf 20 Minuten", "Gepostet auf 9gag")),
    "evening-of-luxembourg-de": html("de", after=divs("Am Samstag, 12. Juli um 19h30 im Hof")),
    "evening-of-south-africa-en": html("en", after=divs("At 14h00 in the old harbour")),
    "published-on-de": html("de", after=divs("Veröffentlicht auf 18. Februar 2020")),
    "posted-on-de": html("de", after=divs("Gepostet auf 12.03.2024")),
    "hall-at-a-fair-en": html("en", after=divs("Stand: 12.10.45", "Booth: 3.1.22")),
    "one-answer-de": html("de", after=divs("Eine Antwort")),
    "welcome-trail-de": html("de", after=divs("Willkommen > Aktuelles")),
    "homepage-trail-en": html("en", after=divs("Homepage > News")),
    "lecture-en": html("en", after=divs("Lecture: 45 min", "Discussion: 15 min")),
    "lecture-de": html("de", after=divs("Vorlesung: 45 Min.", "Übung: 90 Min.")),
    "back-to-the-list-en": html("en", after=divs("Zurück zur Übersicht der Mitteilungen")),
    "favourite-tales-fr": html("fr", after=divs("Les meilleures histoires", "Dernières histoires")),
    # Editions of a site.
    "editions-en": html("en", after=tags("UK", "Deutschland", "Australia")),
    "editions-german-speaking-en": html("en", after=tags("Deutschland", "Österreich", "Schweiz")),
    "editions-with-international-en": html("en", after=tags("International", "Deutschland")),
    "edition-alone-en": html("en", after=tags("Deutschland", "Subscribe")),
    "edition-alone-fr": html("fr", after=tags("United States")),
    "editions-fr": html("fr", after=tags("France", "Deutschland", "Belgique")),
    "editions-de": html("de", after=tags("Deutschland", "Canada", "France")),
    "editions-in-english-de": html("de", after=tags("United States", "Germany", "France")),
    # What blog systems and templates leave open.
    "connect-with-de": html("de", after=divs("Verbinde mit %s")),
    "comments-de": html("de", after=divs("%d Kommentare", "Antworten auf %s abbrechen")),
    "numbered-fr": html("fr", after=divs("%1$s commentaires", "Répondre à %s")),
    "braces-en": html("en", after=divs("{{ item.title }}", "Reply to %s")),
    # Languages by name, and what is none.
    "named-de": html("de", head=language("deutsch, german")),
    "named-capital-de": html("de", head=language("Deutsch")),
    "named-with-country-de": html("de", head=language("German (Switzerland)")),
    "named-fr": html("fr", head=language("français")),
    "named-plain-fr": html("fr", head=language("Francais, French")),
    "named-in-german-fr": html("fr", head=language("Französisch")),
    "named-en": html("en", head=language("english")),
    "two-codes-de": html("de", head=language("de-DE, en")),
    "three-letters-de": html("de", head=language("ger")),
    "underscore-fr": html("fr", head=language("fr_CA.UTF-8")),
    "country-uk-en": html("en", lang="uk"),
    "country-at-de": html("de", lang="at"),
    "country-ch-fr": html("fr", lang="ch"),
    "country-be-fr": html("fr", head=language("be")),
    "no-language-de": html("de", head=language("utf-8")),
    # Notices of the site's other editions, in all its pages.
    "notice-hidden-de": html(
        "de", after=hidden(AUTO_EN, "Please read the original version in German.")
    ),
    "notice-in-one-de": html("de", after=hidden(f"{AUTO_EN} The original is in German.")),
    "notice-hidden-attribute-de": html(
        "de", after=hidden(f"{AUTO_EN} Read this article in German.", how="hidden")
    ),
    "notice-for-screen-readers-fr": html(
        "fr", after=hidden(AUTO_EN, "The French version is authoritative.", how="aria-hidden=true")
    ),
    "notice-from-en": html("en", after=hidden("Automatisch übersetzt aus dem Englischen")),
    "notice-from-fr": html("fr", after=hidden("Machine-translated from French")),
    "notice-lire-fr": html("fr", after=hidden(AUTO_DE, "Zum französischen Original")),
    "notice-original-en": html("en", after=hidden(AUTO_FR, "Lire la version originale en anglais")),
    "notice-switch-en": html("en", after=hidden(AUTO_DE, "Auf Englisch lesen")),
    "reviews-en": html("en", after=divs("(Translated by Google) Lovely rooms and kind people")),
    # Other languages' words, as words.
    "motto-de": html(
        "de", body=paragraphs("Die Leiterin lebt nach dem Prinzip name it to tame it und lacht.")
    ),
    "motto-behind-colon-de": html(
        "de", body=paragraphs("Sie lebt nach dem Grundsatz: name it to tame it, und sie lacht oft.")
    ),
    "saying-de": html(
        "de", body=paragraphs("Der Umbau ging weiter, frei nach the show must go on, bis heute.")
    ),
    "motto-fr": html(
        "fr", body=paragraphs("La directrice suit la devise name it to tame it with a smile.")
    ),
    "song-en": html(
        "en", body=paragraphs("The choir sang the chanson le vent dans la nuit at the opening.")
    ),
    "italics-de": html(
        "de", body=paragraphs("Am Ende sangen alle <em>on the road to the sea again</em> im Saal.")
    ),
    "notice-in-two-languages-de": html(
        "de", body=paragraphs("Bitte nicht berühren / please do not touch the machines on the wall")
    ),
    "poem-de": html(
        "de",
        body=paragraphs(
            "Ein Saal zeigt den Roman „The Tide“, den die Stadt bis heute liebt und liest.",
            "When the tide goes out and the boats are lying in the mud, the children of the harbour"
            " run down to the water and look for what the sea has left them.",
            "Wer mehr davon hören will, kommt am Freitag um acht Uhr zur Lesung ins Museum.",
        ),
    ),
    "letter-fr": html(
        "fr",
        body=paragraphs(
            "Une lettre de 1902 accueille les visiteurs dans la première salle du musée.",
            "We have seen the harbour today and we shall never forget the light on the water, nor"
            " the kindness of the people who showed us their ships.",
            "Elle a été offerte par la famille d’un capitaine, qui la gardait depuis longtemps.",
        ),
    ),
    "quotation-en": html(
        "en",
        body=paragraphs(
            "On the wall of the first hall there is a sentence by the founder of the museum:",
            "Wir wollen zeigen, was die Menschen am Hafen gearbeitet haben und wie sie lebten.",
            "It was written by hand in the year in which the harbour was closed to large ships.",
        ),
    ),
}


@pytest.mark.parametrize("page", SPOTLESS.values(), ids=list(SPOTLESS))
def test_shapes_that_show_nothing(tmp_path, page):
    score = judged(tmp_path, page)
    assert [(piece.id, piece.quotations) for piece in score.evidence if piece.weight >= 0] == []
    assert score.probability <= RULES.card.base_rate + 1e-9


def blog(text, site, *, furniture, sections=(), repeats=2, head=""):
    """A text on a site in another language."""
    title = TEXTS[text][0]
    teasers = "".join(f'<div class="teaser">{title}</div>' for _ in range(repeats))
    after = menu(*sections) + tags(*sections) + divs(*furniture) + teasers
    return html(text, lang=site, head=head, after=after)


ONE_CAUSE = {
    "english-on-german": blog(
        "en",
        "de",
        sections=["Wirtschaft", "Politik", "Kultur"],
        furniture=["Anzeige", "Teilen", "Mehr zum Thema", "Startseite"],
    ),
    "english-on-french": blog(
        "en",
        "fr-FR",
        sections=["Monde", "Politique", "Société"],
        furniture=["Publié le 3 mai 2024", "Partager", "Commentaires (3)", "Lire la suite"],
    ),
    "french-on-german": blog(
        "fr",
        "de-CH",
        sections=["Wirtschaft", "Ausland"],
        furniture=["Veröffentlicht am 3. Mai 2024", "Drucken", "Kommentare"],
        head='<meta property="og:locale" content="de_CH">',
    ),
    "german-on-french": blog(
        "de",
        "fr-CA",
        sections=["Actualités", "Affaires"],
        furniture=["Partager", "À lire aussi : Le port en fête", "Tous droits réservés"],
    ),
    "german-on-english": blog(
        "de",
        "en",
        sections=["World", "Politics"],
        furniture=["Posted on 3. Mai 2024", "Share this", "Leave a comment", "Read more"],
    ),
    "french-on-english": blog(
        "fr",
        "en-US",
        sections=["World", "Health"],
        furniture=["Posted on 3 mai 2024", "Related posts", "Leave a reply", "Advertisement"],
    ),
}


@pytest.mark.parametrize("page", ONE_CAUSE.values(), ids=list(ONE_CAUSE))
def test_a_text_on_a_site_in_another_language_is_one_cause(tmp_path, page):
    score = judged(tmp_path, page)
    families = {"untranslated", "section", "declared"}
    counted = {
        family
        for piece in score.evidence
        if piece.weight and (family := RULES.rules[piece.id].family) in families
    }
    assert len(counted) == 1
    assert "repeated-title" in by_id(score.evidence)
    assert score.probability < 0.25
