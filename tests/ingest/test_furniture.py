import pytest

from mtpipe.ingest.furniture import furniture_kind, is_repetition, split_dateline
from mtpipe.types import BlockKind


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (kind, text)
        for kind, texts in {
            BlockKind.SEPARATOR: ["-", "***", "· · ·", "| |"],
            BlockKind.TIME_STAMP: [
                "Gepostet um 7:04 Uhr",
                "Veröffentlicht am 3. Mai 2024, 18.30 Uhr",
                "Stand: 03.05.2024",
                "vor 3 Stunden",
                "Published 3 May 2024 at 7:04 am",
                "Updated: Monday, March 4, 2024",
                "2024-05-03T07:04:00",
                "2 hours ago",
                "03.05.2024",
                "3.5.24, 18.30",
                "18:30",
                "Publié le 12 mars 2024 à 18h30",
                "Mis à jour le 1er août 2023",
                "12. Jänner 2024",
                "am 3. Feber",
                "Stand: 5. Mrz. 2024",
                "30. Juni 2024, 18 Uhr",
                "Sept. 3, 2024",
                "Dec 24",
                "4 October 2024",
                "le 3 janv. 2024",
                "14 févr. 2024 à 8h15",
                "14 juil. 2024",
                "1er aout 2023",
                "24 décembre",
                "Um 12 Uhr",
                "il y a 10 minutes",
            ],
            BlockKind.NAVIGATION: [
                "PREV Wahl in der Stadt",
                "NEXT „Niemand wusste es“",
                "WEITER Elf Tote nach Unwetter",
                "SUIVANT Économie : le budget",
                "Zurück",
                "Next: Council votes",
                "Home | News | World",
                "Startseite > Region > Brücke",
                "Facebook Twitter WhatsApp",
                "Accueil",
            ],
            BlockKind.RELATED: [
                "Lesen Sie auch: Neues vom Fluss",
                "Read more",
                "À lire aussi : le pont",
                "Lesen Sie auch unseren Bericht vom Montag.",
                "Das könnte Sie auch interessieren.",
                "Auch interessant: Bilder vom Fest",
                "See also: The new bridge",
                "Sur le même sujet",
                "Voir aussi : le pont",
                "Lesen Sie auch, wie alles begann.",
                "Lesen Sie auch: Was die Ministerin dazu sagt.",
                "Lesen Sie auch „Der lange Streit“",
                "Read more about the new bridge.",
                "Read also: What the mayor said about it.",
                "Read More Stories",
                "À lire aussi sur notre site",
                "Lire aussi « Le long débat »",
                "Mehr zum Thema Brücke lesen Sie hier.",
            ],
            BlockKind.NOTICE: [
                "© 2024 Beispielkurier",
                "© Beispielkurier. Jede Verwendung bedarf der Erlaubnis des Verlags.",
                "Foto: © Beispielkurier",
                "All rights reserved.",
                "Anzeige",
                "Jetzt abonnieren und weiterlesen",
                "Newsletter abonnieren",
                "Newsletter: Der Morgen im Tal",
                "Subscribe to our newsletter.",
                "Diese Website verwendet Cookies, um Inhalte zu verbessern.",
                "This site uses cookies.",
                "Accept all",
                "Nutzungsbedingungen",
            ],
            BlockKind.COMMENT: ["12 Kommentare", "Leave a comment", "Commentaires (3)"],
            BlockKind.TAG: ["Tags: Brücke, Verkehr", "#pont #ville", "Mots-clés : pont"],
            BlockKind.BYLINE: [
                "Von Anna Muster",
                "By John Q. Doe and Ann Lee",
                "Par Claire Modèle",
            ],
        }.items()
        for text in texts
    ],
)
def test_furniture_is_known_by_its_wording(kind, text):
    assert furniture_kind(text) is kind


@pytest.mark.parametrize(
    "text",
    [
        "Am 3. Mai 2024 wurde die Brücke geschlossen.",
        "Weiter Streit um die Rente",
        "Next year the bridge will open again.",
        "Suche nach Vermissten geht weiter",
        "Von der Leyen sagt Hilfe zu",
        "By the river, nobody slept.",
        "Par la suite, le maire a démissionné.",
        "Contact with the plane was lost",
        "X steigt, Y fällt",
        "Kommentare von Fachleuten lagen nicht vor.",
        "Drei Tote und 12 Verletzte",
        "1848 war ein Jahr der Revolutionen",
        "Krieg im Osten | Neue Gespräche",
        "Anzeigen gegen zwei Männer",
        "335.789",
        "1.073.096",
        "18.30",
        "12",
        "3,5",
        "1 200",
        "Das könnte sie den Aufstieg kosten.",
        "Auch interessant ist der Blick auf die Zahlen.",
        "Sur le même ton, l’opposition a répondu que le projet était trop cher.",
        "À lire les documents, les travaux doivent durer deux ans.",
        "Voir aussi loin demande du courage.",
        "NEXT reported a profit of 900 million pounds on Thursday.",
        "See also how quickly the mood can change.",
        "More on this will be said in court, the lawyer announced.",
        "Related stories have been told in the village for years.",
        "WEITER so, rief der Trainer seiner Mannschaft zu.",
        "Das Bild (© Stadtarchiv) zeigt die Brücke vor dem Krieg.",
        "„Das könnte sie den Sieg kosten.“",
        "Copyright law was changed on Monday.",
        "Germany will accept all applications filed before May.",
        "On ne peut pas tout accepter, a répondu le maire.",
        "Meta ändert die Nutzungsbedingungen von WhatsApp.",
        "You may also be asked to show a passport.",
        "Das könnte Sie auch interessieren, sagte der Minister, wenn Sie im Tal wohnen.",
        "Lesen Sie auch nachts?",
        "Lesen Sie auch, was Kinder lesen, rät die Ministerin.",
        "Mehr zum Thema Rente sagte der Minister erst am Abend.",
        "Read more books, the minister told the pupils.",
        "Read more than one paper, she said.",
        "À lire aussi lentement, on oublie le début.",
        "Lire aussi vite que lui est impossible.",
        "You may also like the idea, she told the voters.",
        "Cela pourrait vous plaire, a dit le maire aux habitants.",
        "Diese Seite verwendet Cookies, sagt der Datenschützer.",
        "Alle Rechte vorbehalten hatte sich der Verlag, sagte der Anwalt.",
        "Newsletter statt Zeitung",
        "Newsletter ersetzen die Zeitung nicht.",
        "NEXT reports record profit",
        "NEXT plc",
        "WEITER geht es am Montag",
        "10 Minuten",
        "2 heures",
        "11 décès",
        "9 Jungen",
        "3 maisons",
        "10 Marken",
        "3 Augenzeugen",
        "12 Marines",
        "20 decades",
        "Augsburg 2",
        "Marseille 3",
        "Novartis 12",
        "5 Junioren",
        "Aprilia 3",
        "2 novembristes",
        "Den 3.",
    ],
)
def test_sentences_and_headings_are_none(text):
    assert furniture_kind(text) is None


@pytest.mark.parametrize(
    "text", ["1:11 " * 40, "1.1." * 50, "von " * 50 + "x", "A > " * 50, "12 " * 66 + "x"]
)
def test_hostile_lines_are_judged_at_once(text):
    assert furniture_kind(text[:200]) is None or furniture_kind(text[:200]).is_furniture


@pytest.mark.parametrize(
    ("text", "title", "expected"),
    [
        ("Bridge closed!", "Bridge closed", True),
        ("Bridge closed", "Bridge closed - Gazette", True),
        ("Bridge closed for six months | Gazette", "Bridge closed for six months", True),
        ("Bridge closed for six …", "Bridge closed for six months", False),
        ("Bridge closed for six mont…", "Bridge closed for six months", True),
        ("Bridge", "Bridge closed for six months", False),
        ("Bridge closed for six months, council says", "Bridge closed for six months", True),
        ("Bridge closed for six months as of Monday.", "Bridge closed for six months", False),
        ("Bridge closed for six months.", "Bridge closed for six months", True),
        ("Bridge closed for six months", "Bridge closed for six months as of Monday.", True),
        (
            "Bridge closed for six months, and all of the buses go another way round",
            "Bridge closed for six months",
            False,
        ),
        ("–", "…", False),
    ],
)
def test_repetition_of_a_title(text, title, expected):
    assert is_repetition(text, title) is expected


@pytest.mark.parametrize(
    ("dateline", "rest"),
    [
        ("(Brüssel)", "Der Einsatz beginnt."),
        ("(Exemple-Ville, 3 mai)", "Le pont est fermé."),
        ("BERLIN (dpa) –", "Die Brücke ist zu."),
        ("PARIS, 3 mai (AFP) —", "Le pont est fermé."),
        ("NEW YORK —", "The bridge is closed."),
        ("Genf/Bern (sda) -", "Die Brücke ist zu."),
        ("Hamburg –", "Die Brücke ist zu."),
        ("Frankfurt am Main (dpa) --", "Die Brücke ist zu."),
        ("", "Die Brücke ist zu – endlich."),
        ("", "(Noch) ist die Brücke zu."),
        ("", "Anna Meier – die Bürgermeisterin – schweigt."),
        ("", "NATO-Chef Muster schweigt."),
        ("", "Der Mann (42) – Vater zweier Kinder – schweigt."),
    ],
)
def test_dateline_is_cut_off(dateline, rest):
    assert split_dateline(f"{dateline} {rest}".lstrip()) == (dateline, rest)
