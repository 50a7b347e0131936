"""The forms that names of peoples, and their adjectives, take in German, English and French.

For the words of ``gazetteer.tsv``, which are regular or say how they aren't; not for any others.
"""

from collections.abc import Iterator

_DE_ENDINGS = ("", "e", "en", "er", "es", "em")
_DE_PEOPLE = {
    "er": ("er", "ers", "ern", "erin", "erinnen"),
    "e": ("e", "en", "in", "innen"),
    "": ("",),
}
"""Forms of those whose name ends so."""
# The feminine of French adjectives, by the ending of the masculine; others get an e.
_FR_FEMININE = (
    ("ien", "ienne"), ("éen", "éenne"), ("ek", "èke"), ("e", "e"), ("i", "i"), ("h", "h"),
)  # fmt: skip


def german_adjective(stem: str) -> Iterator[tuple[str, str]]:
    """The forms of an adjective, each with its ending; nouns made of it have capitals.

    >>> [form for form, _ in german_adjective("dänisch")][:2]
    ['dänisch', 'Dänisch']
    """
    for ending in _DE_ENDINGS:
        yield stem + ending, ending
        yield stem[0].upper() + stem[1:] + ending, ending


def german_people(name: str) -> Iterator[tuple[str, str]]:
    """The forms of a people's name, each with the ending that tells it from others of its class.

    >>> [form for form, _ in german_people("Russe")]
    ['Russe', 'Russen', 'Russin', 'Russinnen']
    """
    stem, endings = next(
        (name.removesuffix(last), forms)
        for last, forms in _DE_PEOPLE.items()
        if name.endswith(last)
    )
    for ending in endings:
        yield stem + ending, ending


def english_people(name: str) -> Iterator[tuple[str, str]]:
    """One and several of a people; those that have no plural of their own ("Chinese") have one form."""
    yield name, ""
    if not name.endswith(("ese", "ss", "sh", "men", "man")):
        yield name + "s", "s"


def french_adjective(forms: str) -> Iterator[tuple[str, str]]:
    """The forms of an adjective by gender and number.

    Args:
        forms: masculine; where it is irregular with the feminine, as in ``turc/turque``.

    >>> [form for form, _ in french_adjective("danois")]
    ['danois', 'danois', 'danoise', 'danoises']
    """
    masculine, *feminine = forms.split("/")
    if not feminine:
        for ending, other in _FR_FEMININE:
            if masculine.endswith(ending):
                feminine = [masculine.removesuffix(ending) + other]
                break
        else:
            feminine = [masculine + "e"]
    yield masculine, "m"
    yield masculine if masculine[-1] in "sx" else masculine + "s", "mp"
    for form in feminine:
        yield form, "f"
        yield form + "s", "fp"


def french_people(form: str) -> str:
    """An adjective's form as the name of people: with capitals.

    >>> french_people("sud-coréennes")
    'Sud-Coréennes'
    """
    return "-".join(word[0].upper() + word[1:] for word in form.split("-"))


def german_of_city(name: str) -> str:
    """What comes from a city, an adjective that has no other form.

    >>> german_of_city("Bukarest")
    'Bukarester'
    """
    return _OF_CITIES.get(name) or name + ("r" if name.endswith("e") else "er")


_OF_CITIES = {
    "Athen": "Athener", "Basel": "Basler", "Dresden": "Dresdner", "Florenz": "Florentiner",
    "Hannover": "Hannoveraner", "Kalkutta": "Kalkuttaer", "Neapel": "Neapolitaner", "Rom": "Römer",
    "München": "Münchner", "Venedig": "Venezianer", "Zürich": "Zürcher", "Havanna": "Havannaer",
}  # fmt: skip
