import dataclasses
import errno
import json
import os
import signal
from pathlib import Path

import pytest
from safetensors.torch import load_file

import mtpipe
from mtpipe.errors import (
    ConfigError,
    InputError,
    ModelCorrupt,
    ModelNotFound,
    OutputError,
    UnsupportedDirection,
)
from mtpipe.models.card import read_card
from mtpipe.models.cards import model_at
from mtpipe.pipeline.train import execution as module
from mtpipe.pipeline.train.evaluator import evaluator
from mtpipe.pipeline.train.execution import Run, carry_out
from mtpipe.training.folder import Continuation
from mtpipe.training.settings import FINE_TUNING, Architecture, Recipe, Schedule
from mtpipe.training.vocabulary import Vocabulary
from mtpipe.types import Direction
from mtpipe.types.training import Ending, TrainingReport
from tests.training import toys

DE_EN = Direction.parse("de-en")
SCHEDULE = Schedule(
    batch_tokens=1_000, muon_rate=0.01, adam_rate=0.01, warmup_steps=5, average=8, max_steps=4
)
PAIRS = toys.toy_pairs(200)


@pytest.fixture(autouse=True)
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return toys.write_tsv(tmp_path_factory.mktemp("data") / "toy.de-en.tsv", PAIRS)


@pytest.fixture(scope="module")
def tagged_tokenizer(tmp_path_factory):
    return toys.write_tokenizer(tmp_path_factory.mktemp("tagged"), tags=True)


@pytest.fixture(scope="module")
def base(data, tmp_path_factory):
    """A model that has learnt the toy language, by the whole pipeline and nothing else."""
    output = tmp_path_factory.mktemp("base") / "run"
    schedule = dataclasses.replace(SCHEDULE, max_steps=110)
    recipe = recipe_of(data, direction=DE_EN, dev=[data], schedule=schedule)
    return carry_out(recipe, Run(output, threads=1)), output


def recipe_of(data, **changes):
    settings = {"architecture": Architecture(**toys.TINY), "schedule": SCHEDULE}
    return Recipe(**{"data": [data], **settings, **changes})


def fine_tuning(data, base, **changes):
    schedule = Schedule(**{**FINE_TUNING, "max_steps": 3, "adam_rate": 1e-3})
    return recipe_of(data, init=str(base[1] / "model"), **{"schedule": schedule, **changes})


def test_from_a_tsv_to_translations(base):
    from mtpipe.pipeline.systems.loading import load_system

    outcome, output = base
    assert (outcome.ending, outcome.step, outcome.best_step) == (Ending.BUDGET, 110, 110)
    assert outcome.best_chrf > 90
    assert outcome.model == output / "model"
    card = read_card(outcome.model / "card.toml")
    assert card.directions == (DE_EN,)
    assert not Vocabulary(outcome.model).has_tags
    system = load_system(model_at(outcome.model), threads=1)
    sources, references = zip(*PAIRS[:5], strict=True)
    assert [h.text for h in system.translate(sources, DE_EN)] == list(references)
    assert {path.name for path in output.iterdir()} == {
        *("checkpoint", "curve.csv", "curve.svg", "model", "run.json", "store", "tokenizer")
    }


def test_fine_tuning_starts_from_what_the_model_knows(base, data, tmp_path):
    reports = []
    run = Run(tmp_path / "run", threads=1, report=reports.append)
    outcome = carry_out(fine_tuning(data, base, dev=[data]), run)
    assert reports[0].step == 0
    assert reports[0].scores["chrf"] == pytest.approx(base[0].best_chrf, abs=3)
    assert outcome.step == 3
    assert outcome.best_chrf >= reports[0].scores["chrf"] - 0.01
    assert read_card(outcome.model / "card.toml").title == "trained here for de-en, fine-tuned"
    for name in ("source.spm", "vocab.json"):
        assert (outcome.model / name).read_bytes() == (base[1] / "model" / name).read_bytes()


@pytest.mark.parametrize(
    ("name", "direction", "error", "message"),
    [
        ("toy.de-fr.tsv", None, UnsupportedDirection, "translates de-en, not de-fr, fr-de"),
        ("toy.tsv", None, ConfigError, "which languages"),
        ("toy.de-en.tsv", "en-de", UnsupportedDirection, "not en-de"),
        ("toy.de-en.tsv", "de-fr", ConfigError, "toy.de-en.tsv is de-en, but de-fr"),
    ],
)
def test_data_that_does_not_fit(base, tmp_path, name, direction, error, message):
    path = toys.write_tsv(tmp_path / name, PAIRS[:9])
    direction = Direction.parse(direction) if direction else None
    with pytest.raises(error, match=message):
        carry_out(fine_tuning(path, base, direction=direction), Run(tmp_path / "run"))
    assert not (tmp_path / "run").exists()


def test_only_what_the_initial_model_translates_is_trained(base, data, tmp_path):
    carry_out(fine_tuning(data, base), Run(tmp_path / "run", threads=1))
    assert [path.name for path in (tmp_path / "run" / "store").iterdir()] == ["0-de-en"]


def test_both_ways_with_a_given_vocabulary(data, tagged_tokenizer, tmp_path):
    recipe = recipe_of(data, vocabulary=tagged_tokenizer, dev=[data])
    outcome = carry_out(recipe, Run(tmp_path / "run", threads=1))
    assert read_card(outcome.model / "card.toml").directions == (DE_EN, DE_EN.reversed)
    assert (outcome.model / "vocab.json").read_bytes() == (
        tagged_tokenizer / "vocab.json"
    ).read_bytes()
    assert [path.name for path in (tmp_path / "run" / "store").iterdir()] == ["0-de-en"]


def test_a_new_vocabulary_has_tags_where_there_are_two_targets(data, tmp_path):
    outcome = carry_out(recipe_of(data), Run(tmp_path / "run", threads=1))
    assert set(Vocabulary(outcome.model).tags) == {DE_EN.source, DE_EN.target}


@pytest.fixture(scope="module")
def encoder(tagged_tokenizer, tmp_path_factory):
    return toys.write_encoder(tmp_path_factory.mktemp("checkpoint") / "toy-bert", tagged_tokenizer)


def test_a_model_begins_with_an_encoder(data, encoder, tmp_path):
    notes = []
    run = Run(tmp_path / "run", threads=1, note=notes.append)
    schedule = dataclasses.replace(SCHEDULE, encoder_rate=1e-3, output_rate=1e-2, max_steps=60)
    recipe = recipe_of(data, encoder_init=encoder, dev=[data], schedule=schedule)
    outcome = carry_out(recipe, run)
    assert "cutting a vocabulary from that of toy-bert" in notes
    assert any("tokens begin as toy-bert's" in note for note in notes)
    assert outcome.best_chrf > 40  # some words are there; from nothing it is about 20
    config = json.loads((outcome.model / "config.json").read_text())
    assert (config["d_model"], config["encoder_ffn_dim"], config["encoder_layers"]) == (24, 48, 1)
    assert config["activation_function"] == "gelu"
    card = read_card(outcome.model / "card.toml")
    assert card.licence == "that of the training data and of toy-bert"
    assert set(Vocabulary(outcome.model).tags) == {DE_EN.source, DE_EN.target}
    # Taken up, it goes on from where it was.
    again = carry_out(
        dataclasses.replace(recipe, schedule=dataclasses.replace(schedule, max_steps=62)), run
    )
    assert again.step == 62
    with pytest.raises(ConfigError, match="of another model"):
        carry_out(dataclasses.replace(recipe, encoder_init=None), run)
    # It is a model like any other: fine-tuned, it keeps its kind.
    tuned = carry_out(
        fine_tuning(data, (outcome, tmp_path / "run")), Run(tmp_path / "tuned", threads=1)
    )
    fine = json.loads((tuned.model / "config.json").read_text())
    assert {**fine, "dtype": ""} == {**config, "dtype": ""}
    assert "model.encoder.embed_positions.weight" in load_file(tuned.model / "model.safetensors")


def test_a_given_vocabulary_may_share_pieces_with_the_encoder(
    data, encoder, tagged_tokenizer, tmp_path
):
    outcome = carry_out(
        recipe_of(data, encoder_init=encoder, vocabulary=tagged_tokenizer),
        Run(tmp_path / "run", threads=1),
    )
    same = (outcome.model / "vocab.json").read_bytes()
    assert same == (tagged_tokenizer / "vocab.json").read_bytes()


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda folder: None, ConfigError, "there is no folder"),
        (lambda folder: folder.mkdir(), ModelCorrupt, "can't be used"),
    ],
    ids=["no folder", "nothing in it"],
)
def test_an_encoder_is_read_before_anything_else(data, tmp_path, make, error, message):
    make(tmp_path / "e")
    with pytest.raises(error, match=message):
        carry_out(recipe_of(data, encoder_init=tmp_path / "e"), Run(tmp_path / "run", threads=1))
    assert not (tmp_path / "run").exists()


def test_an_evaluation_leaves_torch_its_threads(base, data, tmp_path):
    """CTranslate2 takes OpenMP's threads away from the whole process; half the speed is lost."""
    import torch

    evaluate = evaluator({DE_EN: PAIRS[:3]}, "cpu", 2)
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        evaluate(base[1] / "model")
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_two_tokenizers_need_two_stores(data, tagged_tokenizer, tmp_path):
    other = toys.write_tokenizer(tmp_path / "other", tags=True)
    spm = (other / "source.spm").read_bytes()
    # A field that nothing reads makes the files differ and the pieces not.
    (other / "target.spm").write_bytes(spm + b"\xfa\x3f\x01x")
    carry_out(recipe_of(data, vocabulary=other), Run(tmp_path / "run", threads=1))
    names = sorted(path.name for path in (tmp_path / "run" / "store").iterdir())
    assert names == ["0-de-en", "0-en-de"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_saves_and_the_same_call_goes_on(data, tagged_tokenizer, tmp_path, number):
    recipe = recipe_of(data, vocabulary=tagged_tokenizer)
    handlers = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    notes = []

    def interrupt(report):
        if report.step == 2:
            os.kill(os.getpid(), number)

    run = Run(tmp_path / "run", threads=1, note=notes.append, report=interrupt, report_every_s=0)
    with pytest.raises(KeyboardInterrupt):
        carry_out(recipe, run)
    assert handlers == (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM))
    assert "stopped at step 2; the same command resumes from there" in notes
    progress = json.loads((tmp_path / "run" / "checkpoint" / "progress.json").read_text())
    assert progress["step"] == 2
    assert (tmp_path / "run" / "model" / "model.safetensors").exists()
    notes.clear()
    assert carry_out(recipe, dataclasses.replace(run, report=notes.append)).step == 4
    assert any("taking up the run" in str(note) for note in notes)
    assert not any("reading" in str(note) for note in notes)


def test_other_settings_need_a_word(data, tagged_tokenizer, tmp_path):
    recipe = recipe_of(data, vocabulary=tagged_tokenizer)
    run = Run(tmp_path / "run", threads=1)
    carry_out(recipe, run)
    weighted = dataclasses.replace(recipe, weights={"toy": 2.0})
    with pytest.raises(ConfigError, match=r"other settings \(weights.toy\)"):
        carry_out(weighted, run)
    carry_out(weighted, dataclasses.replace(run, continuation=Continuation.RESUME))
    restarted = carry_out(recipe, dataclasses.replace(run, continuation=Continuation.RESTART))
    assert (restarted.step, restarted.best_chrf) == (4, None)


def test_a_second_run_in_one_folder_is_refused(data, tagged_tokenizer, tmp_path):
    recipe = recipe_of(data, vocabulary=tagged_tokenizer)
    run = Run(tmp_path / "run", threads=1)
    refused = []

    def second(_):
        with pytest.raises(OutputError, match="another run is writing to"):
            carry_out(recipe, run)
        refused.append(True)

    carry_out(recipe, dataclasses.replace(run, report=second, report_every_s=0))
    assert refused
    assert not (tmp_path / "run" / ".lock").exists()


def test_the_best_is_the_best_of_the_development_set_that_is_given(base, data, tmp_path):
    easy = toys.write_tsv(tmp_path / "easy.de-en.tsv", PAIRS[:5])
    hard = toys.write_tsv(tmp_path / "hard.de-en.tsv", [(a, "XYZ") for a, _ in PAIRS[:5]])
    recipe = fine_tuning(data, base, dev=[easy])
    run = Run(tmp_path / "run", threads=1)
    assert carry_out(recipe, run).best_chrf > 50
    other = dataclasses.replace(recipe, dev=[hard])
    with pytest.raises(ConfigError, match=r"other settings \(dev\)"):
        carry_out(other, run)
    outcome = carry_out(other, dataclasses.replace(run, continuation=Continuation.RESUME))
    assert outcome.best_chrf < 50


def test_reasons_of_drops_are_told(data, tagged_tokenizer, tmp_path, caplog):
    path = tmp_path / "web.de-en.tsv"
    path.write_text(data.read_text("utf-8") + "Ja.\tJa.\nbad line\n", "utf-8")
    caplog.set_level("INFO", logger="mtpipe")
    carry_out(recipe_of(path, vocabulary=tagged_tokenizer), Run(tmp_path / "run", threads=1))
    assert "200 pairs kept, 2 left out (copied 1, malformed 1)" in caplog.text
    warnings = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert warnings == ["web.de-en.tsv: 1 lines can't be read and are left out"]


def test_weights_of_nothing_are_told(data, tagged_tokenizer, tmp_path, caplog):
    weights = {"toy": 2.0, "de-en/toy": 1.0, "tyo": 3.0, "fr-en/toy": 1.0}
    recipe = recipe_of(data, vocabulary=tagged_tokenizer, weights=weights)
    carry_out(recipe, Run(tmp_path / "run", threads=1))
    assert "that the data doesn't have: fr-en/toy, tyo" in caplog.text


@pytest.mark.parametrize("init", ["opus-mt-nowhere", "missing/folder"])
def test_an_unknown_initial_model(data, tmp_path, init):
    with pytest.raises(ModelNotFound):
        carry_out(recipe_of(data, init=init), Run(tmp_path / "run"))


def test_nothing_to_train_on(tagged_tokenizer, tmp_path):
    with pytest.raises(InputError, match="there is no file"):
        carry_out(recipe_of(tmp_path / "x.de-en.tsv"), Run(tmp_path / "run"))
    path = toys.write_tsv(tmp_path / "same.de-en.tsv", [("Ja.", "Ja.")] * 9)
    with pytest.raises(InputError, match="no sentence pairs are left"):
        carry_out(recipe_of(path, vocabulary=tagged_tokenizer), Run(tmp_path / "run"))


def test_a_full_disk(data, tagged_tokenizer, tmp_path, monkeypatch):
    from mtpipe.training import trainer

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(trainer, "save_checkpoint", full)
    with pytest.raises(OutputError, match="No space left"):
        carry_out(recipe_of(data, vocabulary=tagged_tokenizer), Run(tmp_path / "run", threads=1))


def test_a_gpu_that_is_not_there(data, tmp_path, monkeypatch):
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ConfigError, match="no GPU"):
        carry_out(recipe_of(data), Run(tmp_path / "run", device="cuda"))


@pytest.mark.parametrize(("given", "expected"), [(None, "passive"), ("active", "active")])
def test_waiting_threads_sleep_unless_told_otherwise(data, tmp_path, monkeypatch, given, expected):
    monkeypatch.setenv("OMP_WAIT_POLICY", given or "")
    if given is None:
        monkeypatch.delenv("OMP_WAIT_POLICY")
    seen = []

    def loaded(name, *, extra):
        seen.append(os.environ["OMP_WAIT_POLICY"])  # OpenMP reads it when torch is loaded
        raise ConfigError("far enough")

    monkeypatch.setattr(module, "require", loaded)
    with pytest.raises(ConfigError, match="far enough"):
        carry_out(recipe_of(data), Run(tmp_path / "run"))
    assert seen == [expected]


def test_torch_may_be_absent(data, tmp_path, monkeypatch):
    from mtpipe.errors import DependencyMissing

    def absent(name, *, extra):
        raise DependencyMissing(f"{name} isn't installed", hint=f"pip install 'mtpipe[{extra}]'")

    monkeypatch.setattr(module, "require", absent)
    with pytest.raises(DependencyMissing, match=r"mtpipe\[torch\]"):
        carry_out(recipe_of(data), Run(tmp_path / "run"))


def test_the_public_call(data, tagged_tokenizer, tmp_path, monkeypatch):
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(
        "[architecture]\nd_model = 32\nffn_dim = 64\nheads = 2\nencoder_layers = 1\n"
        "decoder_layers = 1\n[schedule]\nmax_steps = 9\nbatch_tokens = 500\n"
    )
    monkeypatch.chdir(tmp_path)
    events: list[str | TrainingReport] = []
    options = {"data": [data], "vocabulary": tagged_tokenizer, "output": "run", "threads": 1}
    outcome = mtpipe.train(recipe, max_steps=2, on_event=events.append, report_every_s=0, **options)
    assert (outcome.step, outcome.model) == (2, Path("run/model"))
    assert any(isinstance(event, str) and event.startswith("training on") for event in events)
    assert [event.step for event in events if isinstance(event, TrainingReport)] == [1, 2]
    assert mtpipe.train(recipe, max_steps=3, continuation="resume", **options).step == 3
    with pytest.raises(ConfigError, match="isn't continued as 'never'"):
        mtpipe.train(recipe, continuation="never", **options)
