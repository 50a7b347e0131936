"""String metrics: sacrebleu's figures, counted once."""

import pytest
from sacrebleu.metrics import BLEU, CHRF, TER

from mtpipe.errors import ConfigError, DependencyMissing, InputError
from mtpipe.scoring.metrics import Metric, MetricOptions
from mtpipe.types.choices import MetricName

REFERENCE = [
    "The bridge over the river is open again.",
    "The council meets on Monday (in Bern).",
    "",
    "Nobody was hurt, the police said on Sunday evening.",
    "Prices rose by 3.5 % in March.",
    "Ja",
]
OTHER = [
    "The river bridge has been reopened.",
    "On Monday the council will meet in Bern.",
    "",
    "According to the police, no one was injured.",
    "In March, prices went up by 3.5 percent.",
    "Yes",
]
SYSTEM = [
    "The bridge on the river is again open.",
    "The Council meet Monday in Bern.",
    "",
    "No one was injured, said the police on Sunday evening .",
    "Prices rose 3.5 % in March.",
    "",
]


def theirs(name: MetricName, options: MetricOptions | None = None, **more: object) -> object:
    options = options or MetricOptions()
    if name is MetricName.BLEU:
        return BLEU(tokenize=options.tokenizer, lowercase=options.lowercase, **more)
    if name is MetricName.TER:
        return TER()
    return CHRF(
        word_order=2 if name is MetricName.CHRF_PLUS_PLUS else 0, lowercase=options.lowercase
    )


@pytest.mark.parametrize("references", [[REFERENCE], [REFERENCE, OTHER]], ids=["one", "two"])
@pytest.mark.parametrize("name", MetricName)
def test_scores_and_signatures_are_sacrebleus(
    name: MetricName, references: list[list[str]]
) -> None:
    score = Metric(name, references).measure(SYSTEM).score
    metric = theirs(name)
    expected = metric.corpus_score(SYSTEM, references)
    assert score.value == expected.score
    assert score.name == expected.name
    assert f"{score.name} {score.details}".strip() == f"{expected.name} {expected._verbose}".strip()
    assert score.signature == str(metric.get_signature())


@pytest.mark.parametrize("name", MetricName)
def test_segment_scores_are_sacrebleus(name: MetricName) -> None:
    metric = theirs(name, effective_order=True)
    scores = Metric(name, [REFERENCE, OTHER]).measure(SYSTEM).segment_scores
    for score, hypothesis, *references in zip(scores, SYSTEM, REFERENCE, OTHER, strict=True):
        assert score.value == metric.sentence_score(hypothesis, references).score
        assert score.signature == str(metric.get_signature())


@pytest.mark.parametrize(
    "options",
    [
        MetricOptions(tokenizer="intl"),
        MetricOptions(tokenizer="char"),
        MetricOptions(tokenizer="none"),
        MetricOptions(lowercase=True),
    ],
    ids=str,
)
@pytest.mark.parametrize("name", [MetricName.BLEU, MetricName.CHRF])
def test_options_are_in_score_and_signature(name: MetricName, options: MetricOptions) -> None:
    score = Metric(name, [REFERENCE], options=options).measure(SYSTEM).score
    metric = theirs(name, options)
    assert score.value == metric.corpus_score(SYSTEM, [REFERENCE]).score
    assert score.signature == str(metric.get_signature())


def test_chinese_has_a_tokenizer_of_its_own() -> None:
    assert (
        "tok:zh"
        in Metric(MetricName.BLEU, [["你好"]], options=MetricOptions(target_language="zh"))
        .measure(["你好"])
        .score.signature
    )


def test_a_missing_reference_isnt_an_empty_one() -> None:
    score = Metric(MetricName.CHRF, [["a b"], [None]]).measure(["a b"]).score
    assert score.value == 100
    two = Metric(MetricName.CHRF, [["a b", "c"], [None, "c d"]]).measure(["a b", "c d"]).score
    assert "nrefs:var" in two.signature


def test_parts_are_scored_from_the_same_statistics(monkeypatch: pytest.MonkeyPatch) -> None:
    statistics = Metric(MetricName.BLEU, [REFERENCE]).measure(SYSTEM)
    monkeypatch.setattr(BLEU, "_extract_corpus_statistics", None)  # nothing is counted again
    monkeypatch.setattr(BLEU, "_compute_segment_statistics", None)
    part = statistics.score_of([0, 3, 4])
    monkeypatch.undo()
    expected = BLEU().corpus_score(
        [SYSTEM[i] for i in (0, 3, 4)], [[REFERENCE[i] for i in (0, 3, 4)]]
    )
    assert part.value == expected.score
    assert statistics.score_of(range(len(SYSTEM))) == statistics.score


def test_a_perfect_translation() -> None:
    values = [Metric(name, [REFERENCE]).measure(REFERENCE).score.value for name in MetricName]
    assert values == pytest.approx([100, 100, 100, 0])
    assert [name.higher_is_better for name in MetricName] == [True, True, True, False]


def test_text_that_looks_tokenised_is_pointed_out(caplog: pytest.LogCaptureFixture) -> None:
    metric = Metric(MetricName.BLEU, [["An end."] * 120])
    metric.measure(["An end."] * 120)
    assert not caplog.messages
    metric.measure(["An end ."] * 120)
    assert "detokenised" in caplog.text


def test_bad_input() -> None:
    with pytest.raises(InputError, match="no reference"):
        Metric(MetricName.BLEU, [])
    with pytest.raises(InputError, match="no reference"):
        Metric(MetricName.BLEU, [[]])
    with pytest.raises(InputError, match="1 and 2 segments"):
        Metric(MetricName.BLEU, [["a", "b"], ["a"]])
    with pytest.raises(InputError, match="3 hypotheses for 2"):
        Metric(MetricName.BLEU, [["a", "b"]]).measure(["a"] * 3)
    with pytest.raises(ConfigError, match="no tokenizer 'x'"):
        Metric(MetricName.BLEU, [["a"]], options=MetricOptions(tokenizer="x"))


def test_a_tokenizer_that_needs_more_than_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(name: str) -> None:
        raise RuntimeError("install\nMeCab")

    monkeypatch.setattr("sacrebleu.metrics.bleu._get_tokenizer", fail)
    with pytest.raises(DependencyMissing, match="ja-mecab can't be used: install MeCab"):
        Metric(MetricName.BLEU, [["a"]], options=MetricOptions(tokenizer="ja-mecab"))
