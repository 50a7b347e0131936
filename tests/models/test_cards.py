import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from mtpipe.errors import ConfigError, ModelCorrupt, ModelNotFound, UnsupportedDirection
from mtpipe.models import cards
from mtpipe.models.card import Card, read_card, write_card
from mtpipe.models.cards import (
    best_installed,
    better_card,
    find_card,
    find_installed,
    installed_models,
    known_cards,
    model_at,
    sha256_of,
)
from mtpipe.types import Direction

DE_EN, EN_FR = Direction.parse("de-en"), Direction.parse("en-fr")

MINIMAL = (
    'title = "x"\norigin = "a/x"\nrevision = "main"\nlicence = "MIT"\ndirections = ["de-en"]\n'
)


@pytest.fixture(autouse=True)
def _homes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty folder for what is fetched, and one for what came with mtpipe."""
    monkeypatch.setenv("MTPIPE_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(cards, "bundled_directory", lambda: tmp_path / "bundled")


def _make(folder: Path, name: str, *, installed: bool = True, **more: object) -> Card:
    values: dict[str, object] = {
        "title": name,
        "origin": f"a/{name}",
        "revision": "main",
        "licence": "MIT",
        "directions": (DE_EN,),
    }
    card = Card(name=name, **{**values, **more})  # type: ignore[arg-type]
    (folder / name).mkdir(parents=True)
    write_card(card, folder / name / "card.toml")
    if installed:
        (folder / name / "model.safetensors").write_bytes(name.encode())
    return card


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home" / "models"


@pytest.fixture
def bundled(tmp_path: Path) -> Path:
    return tmp_path / "bundled"


def test_written_card_reads_back(home: Path) -> None:
    card = _make(
        home,
        "odd",
        title='quotes " and \\ and\nbreaks \x7f é',
        directions=(DE_EN, EN_FR),
        parameters=12,
        sha256={"a.b": "0" * 64},
        smoke_test={"de-en": ["Ja.", "yes"]},
        figures={"flores": {"de-en": {"bleu": 30.5, "sure": True}, "by": "us", "segments": 997}},
    )
    assert read_card(home / "odd" / "card.toml") == card


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "lacks 'directions'"),
        ("a = [", "is no model card"),
        (MINIMAL + "colour = 1\n", "is no model card"),
        (MINIMAL.replace("revision", "version"), "is no model card"),
        (MINIMAL.replace("de-en", "de-es"), "unknown language 'es'"),
        (MINIMAL.replace("de-en", "de"), "no translation direction"),
        (MINIMAL.replace('["de-en"]', "[1]"), "no translation direction"),
        (MINIMAL + 'rank = "high"\n', "rank isn't what it has to be"),
        (MINIMAL + "rerank_weight = -0.5\n", "rerank_weight isn't from 0 to 10"),
        (MINIMAL + "rerank_weight = nan\n", "rerank_weight isn't from 0 to 10"),
        (MINIMAL + "rerank_weight = true\n", "rerank_weight isn't what it has to be"),
        (MINIMAL + f"rerank_weight = {10**400}\n", "rerank_weight isn't what it has to be"),
        (MINIMAL + f"size_bytes = {10**400}\n", "size_bytes isn't from 0 to"),
        (MINIMAL + "size_bytes = -1\n", "size_bytes isn't from 0 to"),
        (MINIMAL + f"parameters = 0x{'f' * 5000}\n", "parameters isn't from 0 to"),
        (MINIMAL + f"rank = 0x{'f' * 5000}\n", "rank isn't from -"),
        (MINIMAL + '[sha256]\n"model.safetensors" = "../../x"\n', "64 hexadecimal digits"),
        (MINIMAL + "[figures]\nmeasured = 2026-11-30\n", "figures are finite numbers"),
        (MINIMAL + "[figures.flores.de-en]\nbleu = nan\n", "figures are finite numbers"),
        (MINIMAL + "[figures]\nbleu = [1.0]\n", "figures are finite numbers"),
        (MINIMAL + f"[figures]\nbleu = 0x{'f' * 5000}\n", "figures are finite numbers"),
        (MINIMAL + f"[figures.{'.'.join('a' * 999)}]\n", "figures are finite numbers"),
        ("a = " + "[" * 100_000, "is no model card"),
    ],
)
def test_bad_card(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "card.toml").write_text(text)
    with pytest.raises(ConfigError, match=message):
        read_card(tmp_path / "card.toml")


def test_a_round_weight_is_a_number_too(tmp_path: Path) -> None:
    (tmp_path / "card.toml").write_text(MINIMAL + "rerank_weight = 1\n")
    assert read_card(tmp_path / "card.toml").rerank_weight == 1.0


def test_a_bad_card_does_not_take_the_others_away(
    home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    _make(home, "good")
    (home / "bad").mkdir()
    (home / "bad" / "card.toml").write_text("a = [")
    assert list(known_cards()) == ["good"]
    assert "left out" in caplog.text


def test_the_digest_of_weights_is_that_of_the_file(home: Path) -> None:
    _make(home, "x")
    [model] = installed_models()
    weights = model.directory / "model.safetensors"
    assert model.weights_sha256 == sha256_of(weights)
    weights.write_bytes(b"others, and longer")
    assert model.weights_sha256 == sha256_of(weights)
    wrong = replace(model, card=replace(model.card, sha256={weights.name: "0" * 64}))
    with pytest.raises(ModelCorrupt, match="damaged"):
        _ = wrong.weights_sha256
    assert wrong.stated_sha256 == wrong.card.sha256["model.safetensors"]
    assert model.stated_sha256 == model.weights_sha256
    weights.unlink()
    with pytest.raises(ModelCorrupt, match="can't read"):
        _ = model.weights_sha256


def test_installed_cards_go_before_bundled_ones(home: Path, bundled: Path) -> None:
    _make(bundled, "x", revision="main", installed=False)
    _make(bundled, "y")
    _make(home, "x", revision="c" * 40)
    assert known_cards()["x"].revision == "c" * 40
    assert [(m.card.name, m.bundled) for m in installed_models()] == [("x", False), ("y", True)]


def test_scratch_folders_arent_models(home: Path) -> None:
    _make(home / ".partial", "half-done")
    assert known_cards() == {}
    assert installed_models() == []


def test_find(home: Path) -> None:
    _make(home, "opus-mt-de-en")
    _make(home, "opus-mt-de-fr", installed=False)
    assert find_installed("opus-mt-de-en").card.name == "opus-mt-de-en"
    with pytest.raises(ModelNotFound) as missing:
        find_installed("opus-mt-de-fr")
    assert missing.value.hint == "mtpipe models fetch opus-mt-de-fr"
    with pytest.raises(ModelNotFound, match="holds no model: it has no config"):
        find_installed(str(home))
    with pytest.raises(ModelNotFound, match="holds no model"):
        find_installed(str(home / "opus-mt-de-en" / "card.toml"))
    with pytest.raises(ModelNotFound) as misspelt:
        find_card("opus-mt-de-eng")
    assert misspelt.value.hint == "did you mean opus-mt-de-en?"
    with pytest.raises(ModelNotFound) as unknown:
        find_installed("qwertz")
    assert unknown.value.hint == "mtpipe models list"


def test_auto_takes_the_highest_rank(home: Path) -> None:
    _make(home, "small", directions=(DE_EN, EN_FR), rank=10)
    _make(home, "large", rank=30)
    _make(home, "largest", rank=40, installed=False)
    assert best_installed(DE_EN).card.name == "large"
    assert best_installed(EN_FR).card.name == "small"
    better = better_card(DE_EN, rank=30)
    assert better is not None
    assert better.name == "largest"
    assert better_card(EN_FR, rank=10) is None
    with pytest.raises(UnsupportedDirection, match="no installed model translates fr-en"):
        best_installed(Direction.parse("fr-en"))


def test_verify(home: Path) -> None:
    _make(home, "x", installed=False)
    path = home / "x" / "model.safetensors"
    path.write_bytes(b"weights")
    write_card(
        Card(
            name="x",
            title="",
            origin="a/x",
            revision="main",
            licence="MIT",
            directions=(DE_EN,),
            sha256={path.name: sha256_of(path)},
        ),
        home / "x" / "card.toml",
    )
    model = find_installed("x")
    model.verify()
    path.write_bytes(b"weighs")
    with pytest.raises(ModelCorrupt, match="is damaged") as damaged:
        model.verify()
    assert damaged.value.hint == "mtpipe models fetch x --force"
    path.unlink()
    with pytest.raises(ModelCorrupt, match="is missing"):
        model.verify()


def test_model_at_a_path(home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "my-model-de-en"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    assert find_installed(str(folder)).card.directions == (DE_EN,)
    shutil.move(folder, tmp_path / "mine")
    with pytest.raises(ModelNotFound, match="doesn't end in a direction"):
        model_at(tmp_path / "mine")
    _make(tmp_path, "carded", directions=(EN_FR,))
    assert model_at(tmp_path / "carded").card.directions == (EN_FR,)


@pytest.mark.parametrize(
    ("folder", "name"), [("runs/tuned/model", "tuned"), ("runs/tuned", "tuned"), ("model/x", "x")]
)
def test_a_trained_model_is_called_after_its_run(tmp_path: Path, folder: str, name: str) -> None:
    path = tmp_path / folder
    path.parent.mkdir(parents=True)
    _make(path.parent, path.name)
    assert model_at(path).card.name == name


def test_an_installed_model_is_called_as_its_folder(home: Path) -> None:
    _make(home, "model")
    assert find_installed("model").card.name == "model"


@pytest.mark.parametrize(("directions", "tagged"), [((DE_EN,), False), ((DE_EN, EN_FR), True)])
def test_tagged(directions: tuple[Direction, ...], tagged: bool, home: Path) -> None:
    card = _make(home, "x", directions=directions)
    assert card.tagged is tagged
    assert card.supports(DE_EN)
    assert card.supports(EN_FR) is tagged


@pytest.mark.parametrize(
    ("content", "settings"),
    [
        ("{}", {}),
        ('{"length_penalty": 1.8, "num_beams": 6}', {"length_penalty": 1.8}),
        (
            '{"repetition_penalty": 1.1, "patience": 2, "length_penalty": null}',
            {"repetition_penalty": 1.1, "patience": 2.0},
        ),
        (None, {}),
    ],
)
def test_a_model_states_its_own_search_settings(
    content: str | None, settings: dict[str, float], tmp_path: Path
) -> None:
    folder = tmp_path / "my-de-en"
    folder.mkdir()
    if content is not None:
        (folder / "generation_config.json").write_text(content)
    assert model_at(folder).search_settings == settings


@pytest.mark.parametrize(
    "content",
    ["{", "[]", '{"length_penalty": "x"}', '{"length_penalty": 99}', '{"patience": NaN}'],
)
def test_settings_that_can_not_serve(content: str, tmp_path: Path) -> None:
    folder = tmp_path / "my-de-en"
    folder.mkdir()
    (folder / "generation_config.json").write_text(content)
    with pytest.raises(ModelCorrupt):
        assert model_at(folder).search_settings
