from pathlib import Path

import pytest

from mtpipe.errors import ConfigError, UnsupportedDirection
from mtpipe.training.recipe import read_recipe
from mtpipe.training.settings import FINE_TUNING, FINE_TUNING_EPOCHS, WARM_START, Schedule
from mtpipe.types import Direction

WHOLE = """
data = ["de-en.tsv", "/abs/fr-en.tsv"]
direction = "de-en"
dev = ["dev.de-en.tsv"]
vocabulary = "."
seed = 7
[weights]
news = 2
"de-en/web" = 0.5
[architecture]
d_model = 64
[schedule]
adam_rate = 1
max_steps = 100
"""
MINIMAL = 'data = ["de-en.tsv"]\n[schedule]\nmax_minutes = 1\n'


def written(folder, text):
    path = folder / "recipe.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_everything_is_read(tmp_path):
    recipe = read_recipe(written(tmp_path, WHOLE))
    assert recipe.data == [tmp_path / "de-en.tsv", Path("/abs/fr-en.tsv")]
    assert recipe.dev == [tmp_path / "dev.de-en.tsv"]
    assert recipe.vocabulary == tmp_path
    assert recipe.direction == Direction.parse("de-en")
    assert recipe.weights == {"news": 2.0, "de-en/web": 0.5}
    assert (recipe.architecture.d_model, recipe.seed, recipe.init) == (64, 7, None)
    assert recipe.schedule == Schedule(adam_rate=1.0, max_steps=100)


def test_options_go_first(tmp_path):
    path = written(tmp_path, WHOLE)
    recipe = read_recipe(path, data=["/other.tsv"], direction="en-de", patience=3, max_steps=None)
    assert recipe.data == [Path("/other.tsv")]
    assert recipe.direction == Direction.parse("en-de")
    assert (recipe.schedule.patience, recipe.schedule.max_steps) == (3, 100)


def test_an_end_among_the_options_replaces_all_ends(tmp_path):
    schedule = read_recipe(written(tmp_path, WHOLE), max_minutes=5.0).schedule
    assert (schedule.max_steps, schedule.max_minutes) == (None, 5.0)


def test_options_alone_make_a_recipe():
    recipe = read_recipe(None, data=["/de-en.tsv"], max_steps=3)
    assert (recipe.data, recipe.schedule.max_steps) == ([Path("/de-en.tsv")], 3)


def test_fine_tuning_has_defaults_of_its_own(tmp_path):
    recipe = read_recipe(None, data=["/de-en.tsv"], init="opus-mt-de-en")
    assert recipe.schedule == Schedule(**FINE_TUNING, max_epochs=FINE_TUNING_EPOCHS)
    path = written(tmp_path, MINIMAL.replace("max_minutes = 1", "max_steps = 9\ndropout = 0.3"))
    schedule = read_recipe(path, init="opus-mt-de-en").schedule
    assert (schedule.dropout, schedule.max_epochs) == (0.3, None)
    assert schedule.adam_rate == FINE_TUNING["adam_rate"]


def test_a_run_that_begins_with_an_encoder_has_rates_for_it(tmp_path):
    path = written(tmp_path, 'encoder_init = "e5"\n' + MINIMAL + "encoder_rate = 1e-4\n")
    recipe = read_recipe(path)
    assert recipe.encoder_init == tmp_path / "e5"
    assert recipe.schedule == Schedule(**{**WARM_START, "encoder_rate": 1e-4, "max_minutes": 1.0})
    assert Schedule(max_steps=1).encoder_rate is None


def test_options_say_what_a_run_starts_from(tmp_path):
    """A recipe tells how a model began; from its weights one goes on with the same file."""
    path = written(tmp_path, 'encoder_init = "e5"\n' + MINIMAL)
    assert read_recipe(path, init="starter").encoder_init is None
    path = written(tmp_path, 'init = "starter"\n' + MINIMAL)
    assert read_recipe(path, encoder_init="/e5").init is None
    with pytest.raises(ConfigError, match="not from both"):
        read_recipe(path, encoder_init="/e5", init="starter")


def test_an_initial_model_beside_the_recipe(tmp_path):
    (tmp_path / "base").mkdir()
    (tmp_path / "base" / "config.json").write_text("{}")
    recipe = read_recipe(written(tmp_path, 'init = "base"\n' + MINIMAL))
    assert recipe.init == str(tmp_path / "base")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("seed = 7", "sead = 7"), "unknown key sead"),
        (("d_model", "d_mode"), "architecture: unknown key d_mode"),
        (("adam_rate", "adam"), "schedule: unknown key adam"),
        (("max_steps = 100", ""), "training needs an end"),
        (('data = ["de-en.tsv", "/abs/fr-en.tsv"]', ""), "names no training data"),
        (('data = ["de-en.tsv", "/abs/fr-en.tsv"]', 'data = "de-en.tsv"'), "isn't a list"),
        (("adam_rate = 1", 'adam_rate = "high"'), "schedule.adam_rate: 'high' isn't a number"),
        (("adam_rate = 1", "adam_rate = 0"), "adam_rate is more than 0"),
        (("adam_rate = 1", "encoder_rate = 0"), "encoder_rate is more than 0"),
        (("adam_rate = 1", "output_rate = -1"), "output_rate is more than 0"),
        (("adam_rate = 1", "dropout = 1.5"), "dropout is a share"),
        (("adam_rate = 1", "warmup_steps = -1"), "warmup_steps isn't negative"),
        (("adam_rate = 1", "max_minutes = nan"), "max_minutes is a finite number, not nan"),
        (("adam_rate = 1", "max_epochs = inf"), "max_epochs is a finite number, not inf"),
        (("news = 2", "news = nan"), "weights.news is a finite number, not nan"),
        (("d_model = 64", "d_model = 6.5"), "6.5 isn't a whole number"),
        (("d_model = 64", "d_model = true"), "True isn't a whole number"),
        (("d_model = 64", "d_model = 30"), "can't be shared out"),
        (("d_model = 64", "heads = 0"), "heads is at least 1"),
        (("[schedule]", "[[schedule]]"), "schedule: .* isn't a table"),
        (("[weights]", "[[weights]]"), "weights: .* isn't a table"),
        (("news = 2", 'news = "2"'), "weights.news: '2' isn't a number"),
        (("seed = 7", "seed = "), "can't read the recipe"),
    ],
)
def test_mistakes_are_named(tmp_path, change, message):
    with pytest.raises(ConfigError, match=message):
        read_recipe(written(tmp_path, WHOLE.replace(*change)))


def test_an_unknown_language(tmp_path):
    with pytest.raises(UnsupportedDirection):
        read_recipe(written(tmp_path, WHOLE.replace('"de-en"\n', '"de-xx"\n', 1)))


def test_a_missing_recipe(tmp_path):
    with pytest.raises(ConfigError, match="can't read the recipe"):
        read_recipe(tmp_path / "none.toml")


def test_the_starters_recipe_is_valid():
    path = Path(__file__).parents[2] / "models" / "starter" / "recipe.toml"
    recipe = read_recipe(path, max_steps=1)
    assert {entry.name for entry in recipe.data} == {
        *("de-en.tsv.xz", "de-fr.tsv.xz", "fr-en.tsv.xz")
    }
    assert recipe.schedule.max_steps == 1
