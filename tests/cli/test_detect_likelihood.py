"""``mtpipe detect`` with a card that gives likelihood ratios, and a prior of the user's."""

import json
import tomllib
from pathlib import Path

import pytest
import tomli_w

from mtpipe.cli import main
from mtpipe.errors import ConfigError, InputError
from mtpipe.models.cards import bundled_directory
from mtpipe.types import Support

DEMO = Path(__file__).parent.parent.parent / "data" / "demo"
REPOST = str(DEMO / "candidates" / "staudamm.de.txt")
ORIGINAL = str(DEMO / "archive" / "barrage-orvane.html")
COMMAND = ("detect", REPOST, "--original", ORIGINAL, "--no-engine")
LIKELIHOOD = {
    "base_rate": 0.6,
    "bounds": [[3, -1.0, 1.0], [12, -4.0, 3.0]],
    "innocents": 903,
    "measured_on": "wmt13",
    "rates": {Support.STRONG.value: [0.0, 0.3], Support.MODERATE.value: [0.01, 0.5]},
}


@pytest.fixture(scope="module")
def card(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The card that ships, by which a ratio is 20 at the most."""
    given = (bundled_directory() / "verdict" / "card.toml").read_text(encoding="utf-8")
    table = tomllib.loads(given)
    for name in ("translation_of", "machine_made"):
        table[name]["likelihood"] = LIKELIHOOD
    path = tmp_path_factory.mktemp("card") / "card.toml"
    path.write_text(tomli_w.dumps(table), encoding="utf-8")
    return str(path)


def test_rows_have_the_ratio_and_what_follows(
    card: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*COMMAND, "--card", card, "--prior", "0.01", "--json"]) == 0
    row = json.loads(capsys.readouterr().out)
    found = row["likelihood_ratios"]["machine_made"]
    assert found["low"] < found["ratio"] <= found["high"] <= 20.1
    assert found["support"] in set(Support)
    odds = found["ratio"] / 99
    assert found["posterior"] == pytest.approx(odds / (1 + odds), rel=0.02)
    assert row["prior"] == 0.01
    assert "prior:0.01" in row["signature"]


def test_the_summary_says_it_in_words(card: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*COMMAND, "--card", card, "--prior", "0.25"]) == 0
    shown = capsys.readouterr().out
    assert "times likelier if a " in shown
    assert "with a prior of 0.25: probability 0." in shown


def test_the_report_has_a_table_of_priors(card: str, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    assert main([*COMMAND, "--card", card, "--prior", "0.25", "--report", str(page)]) == 0
    text = page.read_text(encoding="utf-8")
    assert "25% (as you stated)" in text
    assert "What follows from this likelihood ratio" in text


@pytest.mark.parametrize(
    ("prior", "code"), [("0", InputError.exit_code), ("1", InputError.exit_code), ("7", 2)]
)
def test_a_prior_that_leaves_nothing_open_is_refused(
    card: str, prior: str, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*COMMAND, "--card", card, "--prior", prior]) == code
    assert "between 0 and 1" in capsys.readouterr().err or code == 2


def test_a_card_without_ratios_takes_no_prior(
    card: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tomllib.loads(Path(card).read_text(encoding="utf-8"))
    for name in ("translation_of", "machine_made"):
        del table[name]["likelihood"]
    path = tmp_path / "card.toml"
    path.write_text(tomli_w.dumps(table), encoding="utf-8")
    assert main([*COMMAND, "--card", str(path), "--prior", "0.1"]) == ConfigError.exit_code
    assert "--calibrate" in capsys.readouterr().err
    assert main([*COMMAND, "--card", str(path)]) == 0


def test_a_probable_verdict_can_fail_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*COMMAND, "--fail-on", "probable"]) == 0
