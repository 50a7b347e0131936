import dataclasses
import json
import math

import pytest
import torch

from mtpipe.errors import EngineError, ModelCorrupt
from mtpipe.training import trainer as module
from mtpipe.training.batches import Mixture
from mtpipe.training.corpus import SentencePair
from mtpipe.training.model import matrices, trainable
from mtpipe.training.settings import Schedule
from mtpipe.training.store import TokenStore, build_store
from mtpipe.training.trainer import Trainer
from mtpipe.training.vocabulary import Vocabulary
from mtpipe.types import Direction
from mtpipe.types.training import Ending
from tests.training import toys

SCHEDULE = Schedule(
    batch_tokens=300,
    muon_rate=0.01,
    adam_rate=0.01,
    warmup_steps=5,
    decay=0.3,
    max_steps=16,
    average=20,
)


@pytest.fixture(autouse=True)
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def mixture(tokenizer, tmp_path_factory):
    directory = tmp_path_factory.mktemp("store")
    pairs = [SentencePair("toy", *pair) for pair in toys.toy_pairs(12)]
    vocabulary = Vocabulary(tokenizer)
    build_store(pairs, Direction.parse("de-en"), vocabulary, directory, fingerprint="")
    store = TokenStore.open(directory, both_ways=False)
    return Mixture([store], {}, vocabulary, batch_tokens=SCHEDULE.batch_tokens)


@pytest.fixture
def trainer(tokenizer, mixture, tmp_path):
    def make(output="run", *, model=None, **options):
        schedule = {key: options.pop(key) for key in list(options) if hasattr(SCHEDULE, key)}
        torch.manual_seed(5)
        return Trainer(
            model or toys.tiny_model(len(mixture.vocabulary)),
            tokenizer,
            mixture,
            dataclasses.replace(SCHEDULE, **schedule),
            tmp_path / output,
            **options,
        )

    return make


def weights(trainer):
    return {name: value.detach().clone() for name, value in trainable(trainer.model).items()}


def test_it_learns_by_heart_and_the_export_translates(trainer, tokenizer, tmp_path):
    import ctranslate2
    from transformers import MarianMTModel, MarianTokenizer

    reports = []
    made = trainer(max_steps=150, report=reports.append)
    assert made.run(report_every_s=0) is Ending.BUDGET
    losses = [report.loss for report in reports]
    assert losses[0] > 4
    assert losses[-1] < 0.1
    assert [report.step for report in reports] == list(range(1, 151))
    assert reports[-1].done == 1

    folder = tmp_path / "run" / "model"
    assert (folder / "source.spm").read_bytes() == (tokenizer / "source.spm").read_bytes()
    model, reader = (kind.from_pretrained(folder) for kind in (MarianMTModel, MarianTokenizer))
    for source, target in toys.toy_pairs(3):
        out = model.float().generate(**reader(source, return_tensors="pt"))
        assert reader.decode(out[0], skip_special_tokens=True) == target

    stock = ctranslate2.converters.TransformersConverter(str(folder))
    translator = ctranslate2.Translator(stock.convert(str(tmp_path / "converted")))
    tokens = [[*reader.tokenize(source), "</s>"] for source, _ in toys.toy_pairs(3)]
    outputs = [result.hypotheses[0] for result in translator.translate_batch(tokens)]
    texts = [reader.convert_tokens_to_string(output) for output in outputs]
    assert texts == [target for _, target in toys.toy_pairs(3)]


def test_it_learns_from_a_part_of_the_vocabulary(trainer):
    whole, part = (
        trainer("whole", max_steps=60),
        trainer("part", max_steps=60, sampled_vocabulary=8),
    )
    losses = []
    for made in (whole, part):
        made.run()
        made.schedule = dataclasses.replace(made.schedule, sampled_vocabulary=0)
        batch = next(made.mixture.batches())[2]
        losses.append(float(made._step(batch)))
    assert losses[1] < 1.0
    assert losses[1] < 2 * losses[0] + 0.3


@pytest.mark.parametrize(
    "options", [{}, {"dropout": 0.2}, {"sampled_vocabulary": 20}], ids=["plain", "dropout", "part"]
)
def test_a_resumed_run_is_the_uninterrupted_one(trainer, options):
    whole = trainer("whole", **options)
    whole.run()
    first = trainer("cut", **options)
    assert not first.resume()
    assert first.run(stop=lambda: first.progress.step == 7) is Ending.STOPPED
    second = trainer("cut", **options)
    assert second.resume()
    assert second.progress.step == 7
    second.run()
    assert (second.progress.step, second.progress.tokens) == (16, whole.progress.tokens)
    torch.testing.assert_close(weights(second), weights(whole), rtol=0, atol=0)
    torch.testing.assert_close(second.average, whole.average, rtol=0, atol=0)


def test_rates_climb_stay_and_fall(trainer):
    made = trainer(muon_rate=0.02, adam_rate=0.01)
    rates = []

    def note(_):
        rates.append([o.param_groups[0]["lr"] for o in made.optimisers.values()])

    made.report = note
    made.run(report_every_s=0)
    assert [rate for rate, _ in rates[:6]] == pytest.approx(
        [0.004, 0.008, 0.012, 0.016, 0.02, 0.02]
    )
    assert rates[9][0] == pytest.approx(0.02)
    assert rates[15][0] == pytest.approx(0.02 * (1 / 16) / 0.3)
    assert all(adam == pytest.approx(muon / 2) for muon, adam in rates)


def test_a_finished_run_goes_on_with_a_new_warm_up(trainer):
    trainer().run()
    again = trainer(max_steps=32)
    again.resume()
    left = again.progress.rate
    assert left < 0.25
    again.run(stop=lambda: again.progress.step == 17)
    assert again.progress.rate == pytest.approx(left + 1 / SCHEDULE.warmup_steps)


def test_the_same_end_again_does_nothing(trainer):
    trainer().run()
    again = trainer()
    again.resume()
    before = weights(again)
    assert again.run() is Ending.BUDGET
    torch.testing.assert_close(weights(again), before, rtol=0, atol=0)


@pytest.mark.parametrize(
    ("limits", "step"),
    [({"max_epochs": 3.0}, 3), ({"max_epochs": 9.0, "max_steps": 4}, 4)],
    ids=["epochs", "the nearer one"],
)
def test_budgets(trainer, mixture, limits, step):
    made = trainer(**{"max_steps": None, **limits})
    made.run()
    per_epoch = mixture.steps_per_epoch()
    assert made.progress.step == (
        math.ceil(step * per_epoch) if "max_steps" not in limits else step
    )


def test_time_is_a_budget(trainer, monkeypatch):
    clock = iter(range(0, 10_000, 1))
    monkeypatch.setattr(module.time, "monotonic", lambda: float(next(clock)))
    made = trainer(max_steps=None, max_minutes=1.0)
    made.run()
    assert 3 < made.progress.step < 60


def test_the_average_lags_behind_the_weights(trainer):
    made = trainer()
    made.run()
    far = sum(float((made.average[n] - p).norm()) for n, p in weights(made).items())
    assert far > 0
    exported = made.export(made.output / "out")
    from mtpipe.training.model import load_model

    loaded = trainable(load_model(exported))
    torch.testing.assert_close(
        {n: p.detach() for n, p in loaded.items()}, made.average, rtol=1e-3, atol=1e-4
    )


def scorer(scores):
    """An evaluation whose figures are given."""
    given = iter(scores)
    folders = []

    def evaluate(directory):
        assert (directory / "model.safetensors").exists()
        folders.append(directory)
        score = next(given)
        (directory / "score").write_text(str(score))
        return {"chrf": score, "chrf/de-en": score, "bleu": 1.0}

    evaluate.folders = folders
    return evaluate


def test_the_best_model_is_kept_and_patience_ends_the_run(trainer):
    reports = []
    made = trainer(
        max_steps=999,
        evaluate=scorer([10.0, 30.0, 20.0, 25.0, 28.0]),
        report=reports.append,
        evaluate_minutes=0.0,
        patience=3,
    )
    assert made.run(report_every_s=1e9) is Ending.PATIENCE
    assert (made.progress.best, made.progress.waited) == (30.0, 3)
    assert (made.output / "model" / "score").read_text() == "30.0"
    assert not (made.output / "candidate").exists()
    figures = [report for report in reports if report.scores]
    assert [report.is_best for report in figures] == [True, True, False, False, False]
    points = [point for point in made.progress.curve if "chrf" in point]
    assert [point["chrf/de-en"] for point in points] == [10.0, 30.0, 20.0, 25.0, 28.0]
    assert (made.output / "curve.svg").exists()


def test_the_last_step_is_measured_once(trainer):
    made = trainer(evaluate=scorer([10.0]))
    made.run()
    again = trainer(evaluate=scorer([]))
    again.resume()
    again.run()
    assert len([point for point in again.progress.curve if "chrf" in point]) == 1


def test_another_development_set_has_a_best_of_its_own(trainer):
    made = trainer(evaluate=scorer([50.0]), development="easy")
    made.run()
    for figures, development, best in (([], "easy", 50.0), ([20.0], "hard", 20.0)):
        again = trainer(evaluate=scorer(figures), development=development)
        again.resume()
        again.run()
        assert (again.progress.best, again.progress.development) == (best, development)
        assert (made.output / "model" / "score").read_text() == str(best)
        assert [each["chrf"] for each in again.progress.curve if "chrf" in each] == [best]


def test_an_initial_model_is_measured_first_and_may_remain_the_best(trainer):
    made = trainer(evaluate=scorer([50.0, 20.0]))
    made.run(evaluate_first=True)
    assert made.progress.curve[0]["step"] == 0
    assert (made.output / "model" / "score").read_text() == "50.0"


def test_a_loss_that_is_not_finite_ends_the_run_and_saves_nothing(trainer):
    made = trainer()
    with torch.no_grad():
        made.model.model.decoder.layers[0].fc1.weight[0, 0] = math.nan
    with pytest.raises(EngineError, match="isn't finite"):
        made.run()
    assert not (made.output / "checkpoint").exists()


def test_models_with_a_bias_and_two_tables_are_trained(trainer, mixture):
    from transformers import MarianConfig, MarianMTModel

    size = len(mixture.vocabulary)
    torch.manual_seed(3)
    model = MarianMTModel(
        MarianConfig(
            vocab_size=size,
            decoder_vocab_size=size,
            d_model=32,
            encoder_layers=1,
            decoder_layers=1,
            encoder_attention_heads=2,
            decoder_attention_heads=2,
            encoder_ffn_dim=64,
            decoder_ffn_dim=64,
            max_position_embeddings=64,
            activation_function="swish",
            pad_token_id=size - 1,
            decoder_start_token_id=size - 1,
            share_encoder_decoder_embeddings=False,
        )
    )
    bias = torch.randn(1, size)
    model.final_logits_bias.copy_(bias)
    made = trainer(model=model, muon_rate=0.0, adam_rate=3e-3, max_steps=40, label_smoothing=0.1)
    assert list(made.optimisers) == ["adamw"]
    batch = next(mixture.batches())[2]
    ids = {name: torch.from_numpy(getattr(batch, name)) for name in ("source", "decoder_input")}
    labels = torch.from_numpy(batch.target)
    with torch.no_grad():
        outputs = model.eval()(
            input_ids=ids["source"],
            attention_mask=ids["source"] != size - 1,
            decoder_input_ids=ids["decoder_input"],
        )
    # <pad> isn't among the outputs, and the model's own loss has no mask.
    wanted = torch.nn.functional.cross_entropy(
        outputs.logits[..., :-1][labels != size - 1], labels[labels != size - 1]
    )
    assert float(made._step(batch)) == pytest.approx(float(wanted), rel=0.01)
    losses = []
    made.report = lambda report: losses.append(report.loss)
    made.run(report_every_s=0)
    assert losses[-1] < losses[0] / 2
    torch.testing.assert_close(model.final_logits_bias, bias)
    assert made.model.lm_head.weight is not made.model.model.encoder.embed_tokens.weight


def test_a_pretrained_encoder_and_the_output_have_rates_of_their_own(trainer):
    made = trainer(encoder_rate=1e-4, output_rate=2e-4)
    rates = {label: one.param_groups[0]["lr"] for label, one in made.optimisers.items()}
    assert (rates["encoder"], rates["output"]) == (1e-4, 2e-4)
    trained = [
        parameter
        for optimiser in made.optimisers.values()
        for group in optimiser.param_groups
        for parameter in group["params"]
    ]
    assert len(trained) == len({id(one) for one in trained}) == len(trainable(made.model))
    [output] = made.optimisers["output"].param_groups[0]["params"]
    assert output is made.model.lm_head.weight
    under_muon = {id(p) for p in made.optimisers["muon"].param_groups[0]["params"]}
    of_layers = matrices(made.model).items()
    assert under_muon == {id(p) for name, p in of_layers if ".decoder." in name}


def test_another_vocabulary_is_refused(trainer, mixture):
    with pytest.raises(ModelCorrupt, match="<pad>"):
        trainer(model=toys.tiny_model(len(mixture.vocabulary) + 5))


def test_dropout_is_set_for_training_alone(trainer):
    made = trainer(dropout=0.25)
    layer = made.model.model.encoder.layers[0]
    assert (layer.dropout, layer.self_attn.dropout) == (0.25, 0.0)
    folder = made.export(made.output / "out")
    assert json.loads((folder / "config.json").read_text())["dropout"] == 0.1
