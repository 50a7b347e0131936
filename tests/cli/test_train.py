import json
import os
import signal

import pytest

from mtpipe.cli import main
from tests.training import toys

RECIPE = """
data = ["toy.de-en.tsv"]
direction = "de-en"
vocabulary = "tokenizer"
[architecture]
d_model = 32
ffn_dim = 64
heads = 2
encoder_layers = 1
decoder_layers = 1
[schedule]
max_steps = 3
batch_tokens = 1000
"""


@pytest.fixture(scope="module")
def workshop(tmp_path_factory):
    folder = tmp_path_factory.mktemp("workshop")
    toys.write_tsv(folder / "toy.de-en.tsv", toys.toy_pairs(60))
    toys.write_tokenizer(folder / "tokenizer")
    (folder / "recipe.toml").write_text(RECIPE)
    return folder


@pytest.fixture(autouse=True)
def here(workshop, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MTPIPE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("MTPIPE_THREADS", "1")


def test_a_recipe_then_fine_tuning_then_translating(workshop, capfd, monkeypatch, tmp_path):
    recipe = str(workshop / "recipe.toml")
    assert main(["train", recipe, "--output", "run"]) == 0
    streams = capfd.readouterr()
    assert streams.out == "run/model\n"
    assert "budget used up after 3 steps" in streams.err

    data = str(workshop / "toy.de-en.tsv")
    command = ["train", "--data", data, "--from", "de", "--to", "en", "--init", "run/model"]
    command += ["--dev", data, "--max-steps", "2", "--output", "tuned", "--json"]
    assert main(command) == 0
    streams = capfd.readouterr()
    figures = json.loads(streams.out)
    assert (figures["model"], figures["step"], figures["ending"]) == (
        *("tuned/model", 2, "budget used up"),
    )
    assert "step 0: chrF2" in streams.err

    text = tmp_path / "in.txt"
    text.write_text("der Hund sieht den Ball heute.\n")
    with text.open() as stream:
        monkeypatch.setattr("sys.stdin", stream)
        flags = ["--model", "tuned/model", "--from", "de", "--to", "en", "--lines"]
        assert main(["translate", *flags]) == 0


def test_the_same_command_goes_on_and_others_do_not(workshop, capfd):
    recipe = str(workshop / "recipe.toml")
    assert main(["train", recipe, "--output", "run"]) == 0
    assert main(["train", recipe, "--output", "run", "--max-steps", "5"]) == 0
    assert "taking up the run in run at step 3" in capfd.readouterr().err
    other = ["train", recipe, "--output", "run", "--from", "en", "--to", "de"]
    assert main(other) == 4
    assert "--restart begins anew" in capfd.readouterr().err
    assert main([*other, "--restart"]) == 0


def test_an_interruption_is_130(workshop, capfd, monkeypatch):
    from mtpipe.training.trainer import Trainer

    step = Trainer._step

    def interrupted(self, batch):
        os.kill(os.getpid(), signal.SIGINT)
        return step(self, batch)

    monkeypatch.setattr(Trainer, "_step", interrupted)
    assert main(["train", str(workshop / "recipe.toml"), "--output", "run"]) == 130
    streams = capfd.readouterr()
    assert "stopped at step 1" in streams.err
    assert streams.out == ""


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ([], 4, "names no training data"),
        (["--data", "none.de-en.tsv", "--max-steps", "1"], 3, "there is no file"),
        (["--data", "none.de-en.tsv"], 4, "training needs an end"),
        (["missing.toml"], 4, "can't read the recipe"),
        (["--data", "x.tsv", "--from", "de"], 2, "belong together"),
        (["--data", "x.tsv", "--from", "de", "--to", "de"], 4, "both de"),
        (["--data", "x.tsv", "--resume", "--restart"], 2, "exclude each other"),
        (["--data", "x.tsv", "--init", "a", "--encoder-init", "b"], 4, "not from both"),
        (["--data", "x.tsv", "--max-steps", "0"], 2, "--max-steps"),
        (["--data", "x.tsv", "--max-minutes", "0"], 4, "max_minutes is more than 0"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_mistakes(capfd, arguments, code, message):
    assert main(["train", *arguments, "--output", "run"]) == code
    assert message in capfd.readouterr().err


def test_a_folder_of_something_else_is_left_alone(workshop, capfd, tmp_path):
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.txt").write_text("x")
    assert main(["train", str(workshop / "recipe.toml"), "--output", "thesis"]) == 4
    assert "no training run" in capfd.readouterr().err


def test_help_has_examples(capfd):
    assert main(["train", "--help"]) == 0
    assert "mtpipe train --data my.tsv" in capfd.readouterr().out
