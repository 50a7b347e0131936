import dataclasses
import json

import pytest

from mtpipe.errors import ConfigError, OutputError
from mtpipe.training.folder import Continuation, held, open_folder, settings_of
from mtpipe.training.settings import Architecture, Recipe, Schedule

SAME, RESUME, RESTART = Continuation.SAME, Continuation.RESUME, Continuation.RESTART


@pytest.fixture
def recipe(tmp_path):
    data = tmp_path / "de-en.tsv"
    data.write_text("a\tb\n")
    return Recipe(data=[data], schedule=Schedule(max_steps=5))


def begun(folder, recipe):
    open_folder(folder, settings_of(recipe), SAME)
    for name in ("checkpoint", "model", "store", "tokenizer", "checkpoint.old"):
        (folder / name).mkdir()
    return folder


@pytest.mark.parametrize(
    "changes",
    [{}, {"max_steps": 9}, {"max_steps": None, "max_minutes": 1.0}, {"patience": 2}],
    ids=["nothing", "higher end", "other end", "patience"],
)
def test_the_same_settings_go_on(tmp_path, recipe, changes):
    folder = begun(tmp_path / "run", recipe)
    schedule = dataclasses.replace(recipe.schedule, **changes)
    open_folder(folder, settings_of(dataclasses.replace(recipe, schedule=schedule)), SAME)
    assert (folder / "checkpoint").is_dir()


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"schedule": Schedule(max_steps=5, adam_rate=1e-4)}, r"\(schedule.adam_rate\)"),
        ({"weights": {"news": 2.0}}, r"\(weights.news\)"),
        ({"seed": 2}, r"\(seed\)"),
    ],
)
def test_other_settings_go_on_only_if_wanted(tmp_path, recipe, changes, named):
    folder = begun(tmp_path / "run", recipe)
    settings = settings_of(dataclasses.replace(recipe, **changes))
    with pytest.raises(ConfigError, match=named) as caught:
        open_folder(folder, settings, SAME)
    assert "--resume" in caught.value.hint
    open_folder(folder, settings, RESUME)
    open_folder(folder, settings, SAME)


def test_a_run_without_a_checkpoint_binds_to_nothing(tmp_path, recipe):
    folder = tmp_path / "run"
    for seed, kept in ((1, True), (1, True), (2, False)):
        settings = settings_of(dataclasses.replace(recipe, seed=seed, init=f"model {seed}"))
        open_folder(folder, settings, SAME)
        # What was prepared for other settings must not be used.
        assert (folder / "tokenizer").is_dir() == (kept and (folder / "store").is_dir())
        (folder / "tokenizer").mkdir(exist_ok=True)
        (folder / "store").mkdir(exist_ok=True)
    assert json.loads((folder / "run.json").read_text())["seed"] == 2


@pytest.mark.parametrize("made", ["checkpoint", "checkpoint.old", "model"])
def test_what_training_made_binds(tmp_path, recipe, made):
    folder = tmp_path / "run"
    open_folder(folder, settings_of(recipe), SAME)
    (folder / made).mkdir()
    with pytest.raises(ConfigError, match="seed"):
        open_folder(folder, settings_of(dataclasses.replace(recipe, seed=2)), SAME)


def test_a_corrected_corpus_is_another_setting(tmp_path, recipe):
    folder = begun(tmp_path / "run", recipe)
    recipe.data[0].write_text("longer\tb\n")
    with pytest.raises(ConfigError, match=r"data\.de-en\.tsv"):
        open_folder(folder, settings_of(recipe), SAME)


def test_corpora_of_one_name_all_count(tmp_path, recipe):
    other = tmp_path / "other" / recipe.data[0].name
    other.parent.mkdir()
    other.write_text("c\td\n")
    both = dataclasses.replace(recipe, data=[*recipe.data, other])
    folder = begun(tmp_path / "run", both)
    open_folder(folder, settings_of(both), SAME)
    for path in both.data:
        before = path.read_text()
        path.write_text("longer\tb\n")
        with pytest.raises(ConfigError, match=r"data\.de-en\.tsv"):
            open_folder(folder, settings_of(both), SAME)
        path.write_text(before)


def test_another_development_set_is_another_setting(tmp_path, recipe):
    folder = begun(tmp_path / "run", recipe)
    with pytest.raises(ConfigError, match=r"\(dev\)"):
        open_folder(folder, settings_of(recipe, "hard"), SAME)
    open_folder(folder, settings_of(recipe, "hard"), RESUME)
    open_folder(folder, settings_of(recipe, "hard"), SAME)


def test_runs_of_earlier_versions_go_on_with_any_development_set(tmp_path, recipe):
    folder = begun(tmp_path / "run", recipe)
    recorded = settings_of(recipe)
    del recorded["dev"]
    (folder / "run.json").write_text(json.dumps(recorded))
    open_folder(folder, settings_of(recipe, "easy"), SAME)
    assert json.loads((folder / "run.json").read_text())["dev"] == "easy"


def test_one_run_a_folder(tmp_path, recipe):
    folder = tmp_path / "new" / "run"
    with held(folder):
        open_folder(folder, settings_of(recipe), SAME)
        with pytest.raises(OutputError, match="another run is writing to"), held(folder):
            pass
        open_folder(folder, settings_of(recipe), RESTART)
        with pytest.raises(OutputError, match="another run is writing to"), held(folder):
            pass
    assert [path.name for path in folder.iterdir()] == ["run.json"]
    with held(folder):
        pass


def test_what_a_killed_run_leaves_keeps_nobody_out(tmp_path, recipe):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / ".lock").touch()
    with held(tmp_path / "run"):
        open_folder(tmp_path / "run", settings_of(recipe), SAME)


@pytest.mark.parametrize(
    "changes", [{"init": "opus-mt-de-en"}, {"architecture": Architecture(d_model=64)}]
)
def test_another_model_never_goes_on(tmp_path, recipe, changes):
    folder = begun(tmp_path / "run", recipe)
    settings = settings_of(dataclasses.replace(recipe, **changes))
    for continuation in (SAME, RESUME):
        with pytest.raises(ConfigError, match="another model"):
            open_folder(folder, settings, continuation)
    open_folder(folder, settings, RESTART)
    assert sorted(path.name for path in folder.iterdir()) == ["run.json", "store"]


def test_a_run_without_a_record_needs_a_word(tmp_path, recipe):
    (tmp_path / "run" / "checkpoint").mkdir(parents=True)
    with pytest.raises(ConfigError, match="aren't known"):
        open_folder(tmp_path / "run", settings_of(recipe), SAME)
    open_folder(tmp_path / "run", settings_of(recipe), RESUME)
    open_folder(tmp_path / "run", settings_of(recipe), SAME)


@pytest.mark.parametrize("continuation", list(Continuation))
def test_a_folder_of_something_else_is_left_alone(tmp_path, recipe, continuation):
    (tmp_path / "thesis.txt").write_text("x")
    for folder in (tmp_path, tmp_path / "thesis.txt"):
        with pytest.raises(ConfigError, match="no training run"):
            open_folder(folder, settings_of(recipe), continuation)
        with pytest.raises(ConfigError, match="no training run"), held(folder):
            pass
    assert not (tmp_path / ".lock").exists()
