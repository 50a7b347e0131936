"""No loop gets out of safe decoding without a flag, whatever goes in."""

import random
import zlib

import pytest

from mtpipe.engines.base import DecodingOptions
from mtpipe.engines.protection import Safeguards
from mtpipe.engines.system import System
from mtpipe.models.cards import InstalledModel
from mtpipe.pipeline.systems.loading import load_system
from mtpipe.types import Direction

FR_EN = Direction.parse("fr-en")
MENU = [
    "Accueil",
    "Politique",
    "Société",
    "Économie",
    "International",
    "Sport",
    "Culture",
    "Météo",
    "Vidéos",
    "Photos",
    "Faits divers",
    "Mon compte",
    "S’abonner",
    "Se connecter",
    "Newsletters",
    "Nécrologie",
    "Petites annonces",
    "Jeux",
    "Horoscope",
    "Programme TV",
    "Partager",
    "Imprimer",
    "Plan du site",
    "Mentions légales",
    "Contact",
]
PROSE = [
    "le",
    "conseil",
    "municipal",
    "a",
    "décidé",
    "hier",
    "soir",
    "de",
    "rénover",
    "la",
    "vieille",
    "école",
    "du",
    "village",
    "malgré",
    "l’avis",
    "contraire",
    "de",
    "plusieurs",
    "habitants",
    "qui",
    "craignent",
    "que",
    "les",
    "travaux",
    "ne",
    "coûtent",
    "trop",
    "cher",
]
FOREIGN = [
    "Der",
    "Rat",
    "hat",
    "getagt,",
    "and",
    "nobody",
    "knew",
    "pourquoi",
    ";",
    "das",
    "Ende",
    "is",
    "open,",
    "bien",
    "sûr",
]
EMOJI = ["😀", "🔥", "👉", "⚽", "🇫🇷", "❤️", "→", "★"]


def hostile_lines() -> list[str]:
    """Three hundred lines, the same every time."""
    draw = random.Random(7)

    def some(words: list[str], least: int, most: int) -> list[str]:
        return draw.choices(words, k=draw.randint(least, most))

    lines = []
    for _ in range(50):
        lines += [
            draw.choice([" | ", " › ", " ", " • ", "  "]).join(some(MENU, 1, 20)),
            " ".join(some(MENU, 2, 15)).upper(),
            " | ".join(some([*MENU, "12", "3,4 %", "1 250", "-", "n/a"], 3, 12)),
            " ".join(draw.sample(some(EMOJI, 3, 9) + some(PROSE, 2, 9), k=5)),
            " ".join(some(FOREIGN, 3, 30)),
            " ".join(some(["Ha", "ha", "PREV", "NEXT", "...", "!!!", "Vidéo"], 1, 25)),
        ]
    lines[-7:] = [
        *(" ".join(some(words, 400, 400)) + "." for words in (PROSE, PROSE, FOREIGN)),
        ", ".join(some(PROSE, 400, 400)).upper(),
        " | ".join(some([*MENU, "12", "-"], 100, 100)),
        "ACCUEIL " * 200,
        "Oui " + "🤌" * 150,
    ]
    return lines


def compressed_ratio(text: str) -> float:
    """Size after compression; a loop has next to nothing. Knows nothing of words or n-grams."""
    data = text.encode()
    return len(zlib.compress(data)) / len(data)


def variety(text: str) -> float:
    """Share of the words that are different ones."""
    words = text.casefold().split()
    return len(set(words)) / len(words)


def is_loop(source: str, target: str) -> bool:
    if (
        len(target.split()) >= 8
        and variety(target) < 0.35
        and variety(target) < 0.6 * variety(source)
    ):
        return True
    return (
        len(target) > 120
        and compressed_ratio(target) < 0.3
        and compressed_ratio(target) < 0.6 * compressed_ratio(source)
    )


@pytest.fixture
def system(starter: InstalledModel) -> System:
    return load_system(
        starter, options=DecodingOptions(beam=1), safeguards=Safeguards.REPAIR, device="cpu"
    )


def test_no_loop_is_unflagged(system: System) -> None:
    lines = hostile_lines()
    assert len(lines) == 300
    hypotheses = system.translate(lines, FR_EN)
    loops = [
        (source, hypothesis.text)
        for source, hypothesis in zip(lines, hypotheses, strict=True)
        if is_loop(source, hypothesis.text) and not hypothesis.flags
    ]
    assert loops == []
    assert all(hypothesis.text.strip() for hypothesis in hypotheses)


def test_the_checker_knows_a_loop() -> None:
    assert is_loop("Accueil | Sport", "Home " * 60)
    assert is_loop("Accueil | Sport", "the home of the sports and " * 8)
    assert is_loop("Accueil | Sport | Météo", "Home home home sport home home home home home")
    assert not is_loop("ACCUEIL " * 30, "HOME " * 30)
    assert not is_loop("Accueil", " ".join(PROSE))
