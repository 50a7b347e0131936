"""Pages in the shapes that real ones have, with what their articles say: all text is made up."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from html import escape

__all__ = ["SHAPES", "STORIES", "Shape", "Story"]


@dataclass(frozen=True)
class Story:
    """An article, and what stands around it on its page."""

    language: str
    site: str
    title: str
    lead: str
    paragraphs: tuple[str, ...]
    headings: tuple[str, str]
    items: tuple[str, ...]
    quotation: str
    caption: str
    menu: tuple[str, ...]
    teasers: tuple[str, ...]
    comments: tuple[str, ...]
    cookies: str
    new_tab: str
    more: str


@dataclass(frozen=True)
class Shape:
    """A page, and the paragraphs of its article without title and captions."""

    html: str
    body: tuple[str, ...]


DE = Story(
    language="de",
    site="Flussbote",
    title="Stadtbad Hohenwalde öffnet nach drei Jahren wieder",
    lead="Nach langem Streit um die Kosten können die Hohenwalder ab Samstag wieder schwimmen gehen.",
    paragraphs=(
        (
            "Das Stadtbad von Hohenwalde war seit dem Frühjahr vor drei Jahren geschlossen, weil im Dach"
            " Risse gefunden worden waren. Ein Gutachter hatte damals davor gewarnt, die Halle weiter zu"
            " benutzen."
        ),
        (
            "Die Sanierung kostete am Ende 6,4 Millionen Euro und damit fast doppelt so viel wie geplant."
            " Den größten Teil davon bezahlt das Land aus einem Topf für ländliche Gemeinden."
        ),
        (
            "„Wir haben jeden Balken einzeln geprüft“, sagte Bauleiterin Petra Sommerlatt bei der"
            " Besichtigung am Mittwoch. Erst dabei habe sich gezeigt, wie morsch das Holz an manchen"
            " Stellen gewesen sei."
        ),
        (
            "Im Gemeinderat war das Vorhaben lange umstritten. Zwei Fraktionen wollten die Halle lieber"
            " abreißen und das Grundstück verkaufen, fanden dafür aber keine Mehrheit."
        ),
        (
            "Neu sind ein Becken für Kinder, eine Rutsche und eine Heizung, die mit Holzschnitzeln aus dem"
            " Gemeindewald betrieben wird. Sie soll jedes Jahr rund 40.000 Liter Öl ersparen."
        ),
        (
            "Der Eintritt kostet künftig fünf Euro, Kinder unter zwölf Jahren zahlen die Hälfte. Vereine und"
            " Schulen nutzen das Bad am Vormittag, am Nachmittag ist es für alle offen."
        ),
        (
            "Zur Eröffnung am Samstag werden mehrere hundert Besucher erwartet. Der Schwimmverein hat ein"
            " Wettschwimmen angekündigt, bei dem auch der Bürgermeister antreten will."
        ),
    ),
    headings=("Streit um die Kosten", "Was sich ändert"),
    items=(
        "Montag und Dienstag von acht bis zwanzig Uhr",
        "Mittwoch nur für Schulen und Vereine",
        "Samstag von neun bis achtzehn Uhr",
    ),
    quotation="Ein Dorf ohne Bad ist ein Dorf, in dem die Kinder nicht schwimmen lernen.",
    caption="Die Halle des Stadtbads kurz vor der Eröffnung. Foto: Inge Balthasar",
    menu=("Startseite", "Politik", "Wirtschaft", "Sport", "Kultur", "Wetter"),
    teasers=(
        "Landrat kündigt neue Buslinien an",
        "Warum die Mühle am Markt noch immer leer steht",
        "Feuerwehr rettet Hund aus dem Kanal",
    ),
    comments=(
        "Endlich, meine Kinder fragen seit Monaten danach, wann es wieder losgeht mit dem Kurs!",
        "Für das Geld hätte man auch zwei neue Bäder bauen können, wenn man mich gefragt hätte.",
    ),
    cookies="Wir verwenden Cookies und ähnliche Verfahren, um Ihnen Inhalte anzubieten. Sie können Ihre"
    " Einwilligung jederzeit widerrufen.",
    new_tab=", öffnet in neuem Tab",
    more="Mehr zum Thema",
)
EN = Story(
    language="en",
    site="The Harbour Post",
    title="Island school keeps its last two teachers",
    lead="Parents on Skerrow had feared that their children would have to take the ferry every day.",
    paragraphs=(
        (
            "The primary school on the island of Skerrow will stay open for at least five more years, the"
            " county council decided on Thursday evening. It has nineteen pupils and two teachers."
        ),
        (
            "Councillors had planned to close it in the summer and to send the children to the mainland,"
            " which takes fifty minutes by boat when the sea is calm and cannot be done at all when it is"
            " not."
        ),
        (
            "“A child of six should not be seasick before the first lesson,” said Morag Illing, who has"
            " taught on the island since 1998. She collected more than four hundred signatures, which is"
            " more than the island has inhabitants."
        ),
        (
            "The council now wants to save the money elsewhere. It will sell an old quay and rent out the"
            " rooms above the library, a plan that was opposed by the owner of the only café."
        ),
        (
            "Numbers may rise again before long. Three families have moved to Skerrow since the new cable"
            " brought fast connections, and two more have bought houses near the lighthouse."
        ),
        (
            "Teachers from other islands followed the debate with care. On Nunfirth, a school with eleven"
            " pupils was closed two years ago, and half of the families left within months."
        ),
        (
            "The next review is due in five years. Until then the council promised to repair the roof, to"
            " buy new books and to replace the stove, which has been smoking since the winter."
        ),
    ),
    headings=("How the money is found", "Other islands watch"),
    items=(
        "The quay is to be sold before the end of March",
        "Two rooms above the library will be let",
        "The ferry keeps its timetable in winter",
    ),
    quotation="Close the school and you close the island, only it takes a little longer to notice.",
    caption="Pupils in the yard of the school on Skerrow. Picture: Ian Quarrell",
    menu=("Home", "News", "Business", "Sport", "Culture", "Weather"),
    teasers=(
        "Ferry company orders two electric boats",
        "Why the lighthouse keeper still gets letters",
        "Storm takes the roof off the old cannery",
    ),
    comments=(
        "My sister went to that school and she is a surgeon now, so it can't have been all that bad!",
        "Nobody ever asks who pays for all this, and in the end it is always us on the mainland.",
    ),
    cookies="We use cookies and similar techniques to show you content. You can withdraw your consent at"
    " any time.",
    new_tab=", opens new tab",
    more="Related stories",
)
FR = Story(
    language="fr",
    site="La Gazette du Val",
    title="Le marché couvert de Brézolles retrouve ses étals",
    lead="Fermée depuis l’incendie de novembre, la halle accueille de nouveau les maraîchers dès vendredi.",
    paragraphs=(
        (
            "Les halles de Brézolles rouvrent vendredi, huit mois après l’incendie qui avait détruit une"
            " partie de la charpente. Vingt-deux commerçants y reprennent leur place."
        ),
        (
            "Le feu était parti d’un réfrigérateur mal branché, dans la nuit du 12 au 13 novembre. Personne"
            " n’avait été blessé, mais les dégâts avaient été estimés à 1,8 million d’euros."
        ),
        (
            "« Nous avons vendu nos légumes sous une tente tout l’hiver », raconte Josiane Perrot, maraîchère"
            " depuis trente ans. Ses clients l’ont suivie, même par temps de neige, ce dont elle les"
            " remercie."
        ),
        (
            "La mairie a profité des travaux pour agrandir l’entrée et poser des panneaux solaires sur le"
            " toit. L’opposition aurait préféré que l’argent serve à réparer l’école maternelle."
        ),
        (
            "Le charpentier a choisi du chêne de la forêt voisine, coupé selon une méthode ancienne. Il a"
            " fallu quatre mois pour le sécher, et six semaines pour monter les poutres."
        ),
        (
            "Les loyers des étals restent les mêmes jusqu’à la fin de l’année prochaine. Ensuite, ils"
            " augmenteront de trois pour cent par an, a précisé l’adjointe au commerce."
        ),
        (
            "Une fête est prévue dimanche avec un repas de quatre cents couverts sous la nouvelle charpente."
            " Les pompiers qui avaient éteint le feu y sont invités."
        ),
    ),
    headings=("Un hiver sous la tente", "Ce qui change pour les étals"),
    items=(
        "Le mardi matin pour les producteurs du canton",
        "Le vendredi toute la journée pour tous les étals",
        "Le dimanche pour la brocante et les fleurs",
    ),
    quotation="Une ville sans marché, c’est une ville où l’on ne se parle plus que par écran.",
    caption="La nouvelle charpente de la halle, mardi. Photo : Luc Dastier",
    menu=("Accueil", "Politique", "Économie", "Sports", "Culture", "Météo"),
    teasers=(
        "Le pont de la gare sera repeint en vert",
        "Pourquoi la source du village a changé de couleur",
        "Deux chèvres retrouvées dans la salle des fêtes",
    ),
    comments=(
        "Bravo à tous ceux qui ont travaillé là-dessus, on va enfin retrouver notre marché du vendredi !",
        "Et les toilettes, quelqu’un y a pensé, aux toilettes, ou bien est-ce encore pour dans dix ans ?",
    ),
    cookies="Nous utilisons des cookies et des techniques semblables pour vous proposer des contenus. Vous"
    " pouvez retirer votre accord à tout moment.",
    new_tab=", s’ouvre dans un nouvel onglet",
    more="Sur le même sujet",
)
STORIES = (DE, EN, FR)


def _p(texts, element="p"):
    name = element.split()[0]
    return "\n".join(f"<{element}>{escape(text, quote=False)}</{name}>" for text in texts)


def _page(story, main, *, head="", around=True):
    menu = "".join(f'<li><a href="/{n}">{word}</a></li>' for n, word in enumerate(story.menu))
    links = "".join(f'<a href="/t{n}">{text}</a>' for n, text in enumerate(story.teasers))
    top = f'<header class="site-header"><a href="/">{story.site}</a><nav><ul>{menu}</ul></nav></header>'
    bottom = f'<footer class="site-footer"><p>© 2025 {story.site}</p><div class="links">{links}</div></footer>'
    return (
        f'<!doctype html><html lang="{story.language}"><head><meta charset="utf-8">'
        f"<title>{story.title} - {story.site}</title>{head}</head>\n<body>"
        f"{top if around else ''}\n{main}\n{bottom if around else ''}</body></html>"
    )


def _h1(story):
    return f"<h1>{story.title}</h1>"


def _teaser(story, number):
    return (
        f'<div class="teaser-box"><a href="/t{number}"><span>{story.more}</span>'
        f" <strong>{story.teasers[number]}</strong></a></div>"
    )


def classic(story):
    body = (story.lead, *story.paragraphs)
    meta = (
        '<div class="entry-meta"><span class="author">Mia Kant</span> <time>2025-03-04</time></div>'
    )
    return _page(
        story,
        f'<article class="post">{_h1(story)}{meta}<div class="entry-content">{_p(body)}</div></article>',
    ), body


def nested_boxes(story):
    """No <p> anywhere."""
    boxes = "".join(f"<div><div>{text}</div></div>" for text in story.paragraphs)
    return _page(
        story, f'<div id="c"><div class="t">{_h1(story)}</div><div>{boxes}</div></div>'
    ), story.paragraphs


def line_breaks(story):
    text = "<br><br>\n".join(story.paragraphs)
    return _page(
        story, f'<div class="main"><h2>{story.title}</h2><div class="txt">{text}</div></div>'
    ), story.paragraphs


def single_line_breaks(story):
    text = "<br>\n".join(story.paragraphs)
    return _page(story, f'<div class="main">{_h1(story)}<p>{text}</p></div>'), story.paragraphs


def live_blog(story):
    entries = "".join(
        f'<section class="entry"><span class="clock">1{n}:2{n}</span><h3>{teaser}</h3><p>{first}</p><p>{second}</p></section>'
        for n, (teaser, first, second) in enumerate(
            zip(story.teasers, story.paragraphs[1::2], story.paragraphs[2::2], strict=True)
        )
    )
    body = [story.paragraphs[0]]
    for n, (teaser, first, second) in enumerate(
        zip(story.teasers, story.paragraphs[1::2], story.paragraphs[2::2], strict=True)
    ):
        body += [f"1{n}:2{n}", teaser, first, second]
    return _page(story, f"<main>{_h1(story)}<p>{story.paragraphs[0]}</p>{entries}</main>"), body


def headings_with_tails(story):
    """Text directly behind a heading, in no paragraph."""
    one, two, three, four, *rest = story.paragraphs
    first, second = story.headings
    main = (
        f"{_h1(story)}<p>{one}</p><h2>{first}</h2>{two}<br><br>{three}<h2>{second}</h2>\n{four}"
        f"{_p(rest)}"
    )
    body = (one, first, two, three, second, four, *rest)
    return _page(story, f'<article class="entry-content">{main}</article>'), body


def lists(story):
    items = _p(story.items, "li")
    a, b, c, *rest = story.paragraphs
    main = f"{_h1(story)}{_p((a, b, c))}<ul>{items}</ul>{_p(rest)}"
    return _page(story, f"<article>{main}</article>"), (a, b, c, *story.items, *rest)


def tables(story):
    rows = "".join(
        f"<tr><td>{n + 1}</td><td>{item}</td></tr>" for n, item in enumerate(story.items)
    )
    a, b, c, *rest = story.paragraphs
    cells = [cell for n, item in enumerate(story.items) for cell in (str(n + 1), item)]
    main = f"{_h1(story)}{_p((a, b, c))}<table>{rows}</table>{_p(rest)}"
    return _page(story, f"<article>{main}</article>"), (a, b, c, *cells, *rest)


def quotations(story):
    a, b, c, *rest = story.paragraphs
    main = (
        f"{_h1(story)}{_p((a, b))}<blockquote><p>{story.quotation}</p></blockquote>{_p((c, *rest))}"
    )
    return _page(story, f"<article>{main}</article>"), (a, b, story.quotation, c, *rest)


def captions(story):
    a, b, *rest = story.paragraphs
    other = story.caption.replace(".", ",", 1)
    main = (
        f"{_h1(story)}<figure><img src=a.jpg><figcaption>{story.caption}</figcaption></figure>{_p((a, b))}"
        f'<div class="wp-caption"><img src=b.jpg><p class="wp-caption-text">{other}</p></div>{_p(rest)}'
    )
    return _page(story, f'<article class="post-content">{main}</article>'), story.paragraphs


def bare_figures(story):
    """Captions with nothing but <figure> around them."""
    a, b, *rest = story.paragraphs
    main = (
        f"{_h1(story)}{_p((a, b))}<figure><img src=b.jpg><p>{story.caption}</p></figure>{_p(rest)}"
    )
    return _page(story, f"<article>{main}</article>"), story.paragraphs


def teasers_within(story):
    a, b, c, d, *rest = story.paragraphs
    main = f"{_h1(story)}{_p((a, b))}{_teaser(story, 0)}{_p((c, d))}{_teaser(story, 1)}{_p(rest)}"
    return _page(
        story, f'<article><div class="article-body">{main}</div></article>'
    ), story.paragraphs


def teaser_paragraphs(story):
    """Teasers that are paragraphs as the others are, a link from end to end."""
    a, b, c, d, *rest = story.paragraphs
    links = [f'<p><a href="/t{n}">{text}</a></p>' for n, text in enumerate(story.teasers)]
    main = f"{_h1(story)}{_p((a, b))}{links[0]}{_p((c, d))}{links[1]}{_p(rest)}{links[2]}"
    return _page(
        story, f'<article><div class="article-body">{main}</div></article>'
    ), story.paragraphs


def read_aloud(story):
    """A label for screen readers in every link."""

    def linked(text):
        words = text.split(" ")
        label = f'<span class="icon visually-hidden">{story.new_tab}</span>'
        link = f'<a href="/x" target="_blank">{" ".join(words[3:5])}{label}</a>'
        return " ".join([*words[:3], link, *words[5:]])

    main = "".join(f"<p>{linked(text)}</p>" for text in story.paragraphs)
    return _page(story, f"<article>{_h1(story)}{main}</article>"), story.paragraphs


def called_like_furniture(story):
    """The article's element has the names of its tags and its author among its classes."""
    a, b, c, *rest = story.paragraphs
    first, second = story.headings
    main = f"{_h1(story)}{_p((a, b))}<h2>{first}</h2>{_p([c])}<h2>{second}</h2>{_p(rest)}"
    names = "post-77 post hentry tag-bridges category-news author-mia-kant"
    return _page(story, f'<article class="{names}">{main}</article>'), (
        a,
        b,
        first,
        c,
        second,
        *rest,
    )


def told_twice(story):
    """The beginning comes again beside the article, as an excerpt."""
    excerpt = f'<div class="excerpt"><p>{story.paragraphs[0]}</p></div>'
    return _page(
        story, f"{excerpt}<article>{_h1(story)}{_p(story.paragraphs)}</article>"
    ), story.paragraphs


def paywall_remnants(story):
    offer = (
        '<div class="paywall-offer"><p>+++</p><ul><li>4 € / 4</li></ul><button>OK</button>'
        '<a href="/abo">Abo+</a></div>'
    )
    return _page(
        story, f"<article>{_h1(story)}{_p(story.paragraphs)}{offer}</article>"
    ), story.paragraphs


def comment_section(story):
    comments = "".join(
        f'<li class="comment"><cite>Leo{n}</cite><p>{text}</p></li>'
        for n, text in enumerate(story.comments * 2)
    )
    main = f'<article>{_h1(story)}{_p(story.paragraphs)}</article><section id="comments"><ol>{comments}</ol></section>'
    return _page(story, main), story.paragraphs


def related_in_the_middle(story):
    a, b, c, *rest = story.paragraphs
    box = "".join(f'<li><a href="/t{n}">{text}</a></li>' for n, text in enumerate(story.teasers))
    aside = f'<aside class="related"><h3>{story.more}</h3><ul>{box}</ul></aside>'
    return _page(
        story, f"<article>{_h1(story)}{_p((a, b, c))}{aside}{_p(rest)}</article>"
    ), story.paragraphs


def cookie_banner(story):
    banner = f'<div class="cookie-consent"><p>{story.cookies}</p><button>OK</button></div>'
    return _page(
        story, f"{banner}<article>{_h1(story)}{_p(story.paragraphs)}</article>"
    ), story.paragraphs


def lead_outside(story):
    header = f'<header class="page-head">{_h1(story)}<p class="lead">{story.lead}</p></header>'
    main = f'<div class="wrap">{header}<article><div class="article-body">{_p(story.paragraphs)}</div></article></div>'
    return _page(story, main), (story.lead, *story.paragraphs)


def spans_and_sections(story):
    sections = "".join(
        f"<section><span class=a>{text[:40]}</span><span>{text[40:]}</span></section>"
        for text in story.paragraphs
    )
    return _page(story, f"<article>{_h1(story)}{sections}</article>"), story.paragraphs


def json_ld_only(story):
    data = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": story.title,
        "articleBody": "\n\n".join(story.paragraphs),
    }
    head = f'<script type="application/ld+json">{json.dumps(data)}</script>'
    return _page(story, '<div id="app"></div>', head=head, around=False), story.paragraphs


def json_ld_with_menu(story):
    data = {
        "@type": "NewsArticle",
        "articleBody": "".join(f"<p>{text}</p>" for text in story.paragraphs),
    }
    head = f'<script type="application/ld+json">{json.dumps(data)}</script>'
    return _page(story, f'{_h1(story)}<div id="app"></div>', head=head), story.paragraphs


def without_scripts(story):
    main = f'{_h1(story)}<div class="post-body"><noscript>{_p(story.paragraphs)}</noscript></div>'
    return _page(story, main), story.paragraphs


def accelerated(story):
    """As AMP has it."""
    main = (
        f'<article class="amp-article">{_h1(story)}<amp-img src=a.jpg width=1 height=1></amp-img>'
        f'<div class="amp-content">{_p(story.paragraphs[:4])}<amp-ad></amp-ad>{_p(story.paragraphs[4:])}</div></article>'
    )
    return _page(story, main).replace("<html ", "<html amp "), story.paragraphs


def long_link_lists(story):
    links = "".join(f'<li><a href="/l{n}">{story.teasers[n % 3]} {n}</a></li>' for n in range(120))
    main = f'<div class="columns"><ul>{links}</ul><div class="c2">{_h1(story)}{_p(story.paragraphs)}</div></div>'
    return _page(story, main), story.paragraphs


def definitions(story):
    a, b, c, *rest = story.paragraphs
    first, second = story.headings
    main = f"{_h1(story)}{_p((a, b))}<dl><dt>{first}</dt><dd>{c}</dd><dt>{second}</dt><dd>{rest[0]}</dd></dl>{_p(rest[1:])}"
    return _page(story, f"<article>{main}</article>"), (a, b, first, c, second, *rest)


def old_school(story):
    """A layout of tables and <font>."""
    cells = "<br>&nbsp;<br>".join(
        f"<font size=2 face=Arial>{text}</font>" for text in story.paragraphs
    )
    menu = "".join(f"<a href=/{n}>{word}</a><br>" for n, word in enumerate(story.menu))
    main = (
        f"<table width=800><tr><td width=150>{menu}</td><td><font size=5><b>{story.title}</b></font><br><br>"
        f"{cells}</td></tr></table>"
    )
    return _page(story, main, around=False), story.paragraphs


def dates_in_sentences(story):
    a, *rest = story.paragraphs
    words = a.split(" ")
    dated = " ".join([*words[:4], "<time datetime=2025>2025</time>", *words[4:]])
    body = (" ".join([*words[:4], "2025", *words[4:]]), *rest)
    return _page(story, f"<article>{_h1(story)}<p>{dated}</p>{_p(rest)}</article>"), body


def short_news(story):
    body = story.paragraphs[:1]
    return _page(story, f'<div class="content">{_h1(story)}{_p(body)}</div>'), body


def blog_system(story):
    """All that a blog's system has around an article."""
    meta = '<div class="entry-meta"><time>2025-03-04</time> <a href="/a" rel="author">Mia Kant</a></div>'
    tags = '<footer class="entry-footer"><span class="tags-links"><a href="/x">A</a>, <a href="/y">B</a></span></footer>'
    near = (
        f'<nav class="post-navigation"><a href="/p" rel="prev">{story.teasers[0]}</a>'
        f' <a href="/n" rel="next">{story.teasers[1]}</a></nav>'
    )
    comments = "".join(f'<li class="comment"><p>{text}</p></li>' for text in story.comments)
    widgets = "".join(f'<li><a href="/{n}">{text}</a></li>' for n, text in enumerate(story.teasers))
    main = (
        f'<div id="primary" class="content-area"><main><article class="post-1 post tag-x category-y">'
        f'<header class="entry-header">{_h1(story)}{meta}</header>'
        f'<div class="entry-content">{_p(story.paragraphs)}</div>{tags}</article>{near}'
        f'<div id="comments" class="comments-area"><ol class="comment-list">{comments}</ol></div></main></div>'
        f'<aside id="secondary"><section class="widget"><h2>{story.more}</h2><ul>{widgets}</ul></section></aside>'
    )
    return _page(story, main), story.paragraphs


def all_in_a_form(story):
    main = f'<form id="aspnetForm"><div class="content">{_h1(story)}{_p(story.paragraphs)}</div></form>'
    return _page(story, main), story.paragraphs


def pulled_quotations(story):
    a, b, *rest = story.paragraphs
    pulled = f'<aside class="pullquote"><p>{" ".join(b.split()[:9])}</p></aside>'
    return _page(
        story, f"<article>{_h1(story)}{_p((a, b))}{pulled}{_p(rest)}</article>"
    ), story.paragraphs


def updates(story):
    """Entries whose class has "date" in it."""
    pairs = list(zip(story.teasers, story.paragraphs, strict=False))
    entries = "".join(
        f'<div class="live-update"><h3>{t}</h3><p>{text}</p></div>' for t, text in pairs
    )
    body = (story.lead, *(text for pair in pairs for text in pair))
    return _page(story, f"<main>{_h1(story)}<p>{story.lead}</p>{entries}</main>"), body


def numbered(story):
    """An article that is one list."""
    items = "".join(
        f"<li><strong>{n}</strong> {text}</li>" for n, text in enumerate(story.paragraphs, 1)
    )
    main = f"<article>{_h1(story)}<p>{story.lead}</p><ol>{items}</ol></article>"
    body = (story.lead, *(f"{n} {text}" for n, text in enumerate(story.paragraphs, 1)))
    return _page(story, main), body


def offer_within(story):
    a, b, c, *rest = story.paragraphs
    form = "<form><input type=email><button>OK</button></form>"
    box = f'<div class="newsletter-box"><h3>{story.more}</h3><p>{story.lead}</p>{form}</div>'
    return _page(
        story, f"<article>{_h1(story)}{_p((a, b, c))}{box}{_p(rest)}</article>"
    ), story.paragraphs


def paid_part(story):
    """The class of a paywall around what is behind it."""
    main = f'{_h1(story)}{_p(story.paragraphs[:2])}<div class="paywall">{_p(story.paragraphs[2:])}</div>'
    return _page(story, f"<article>{main}</article>"), story.paragraphs


SHAPES: dict[str, Callable[[Story], tuple[str, tuple[str, ...]]]] = {
    shape.__name__: shape
    for shape in (
        classic, nested_boxes, line_breaks, single_line_breaks, live_blog, headings_with_tails, lists,
        tables, quotations, captions, bare_figures, teasers_within, teaser_paragraphs, read_aloud, called_like_furniture, told_twice,
        paywall_remnants, comment_section, related_in_the_middle, cookie_banner, lead_outside,
        spans_and_sections, json_ld_only, json_ld_with_menu, without_scripts, accelerated,
        long_link_lists, definitions, old_school, dates_in_sentences, short_news, blog_system,
        all_in_a_form, pulled_quotations, updates, numbered, offer_within, paid_part,
    )
}  # fmt: skip
"""By name: a story to the HTML of its page, and the paragraphs that are its article."""
