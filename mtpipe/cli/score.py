"""``mtpipe score``."""

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mtpipe.cli.options import STANDARD, Output, finite
from mtpipe.cli.progress import counted
from mtpipe.cli.score_output import write_scores
from mtpipe.types.choices import ScoreFormat

if TYPE_CHECKING:
    from mtpipe.report.scores import ScoreReport


class Paired(StrEnum):
    """sacrebleu's ways of comparing two systems."""

    BOOTSTRAP = "bootstrap"
    RANDOMISATION = "randomisation"


_Hypotheses = Annotated[
    list[str],
    typer.Argument(
        metavar="[NAME=]FILE[:PART]...",
        help="Translations, one text file per system; - is standard input. PART is a column of a "
        ".tsv file, a field of .jsonl (which translate writes), a language of .tmx, a system of WMT's .xml.",
    ),
]
_References = Annotated[
    list[str] | None,
    typer.Option(
        "--reference", "-r", metavar="FILE[:PART]", help="Human translation; may be repeated."
    ),
]
_Source = Annotated[
    str | None,
    typer.Option("--source", metavar="FILE[:PART]", help="Sources, for scores that need them."),
]
_Metrics = Annotated[
    list[str] | None,
    typer.Option(
        "--metric",
        "-m",
        metavar="METRIC",
        help="bleu, chrf, chrf++, ter; without a reference: round-trip, model; if installed: "
        "comet, cometkiwi, metricx, metricx-qe. May be repeated.  [default: bleu, chrf]",
        show_default=False,
    ),
]
_Paired = Annotated[
    Paired | None,
    typer.Option(help="Compare every pair of systems, and cluster them."),
]
_Confidence = Annotated[
    bool, typer.Option("--confidence", help="Estimate 95 % intervals by bootstrap.")
]
_Samples = Annotated[
    int | None,
    typer.Option(
        min=10,
        max=1_000_000,
        help="Resamples or trials.  [default: 1000; randomisation: 10000]",
        show_default=False,
    ),
]
_Seed = Annotated[int, typer.Option(min=1, help="Seed of the random numbers.")]
_Alpha = Annotated[
    float,
    typer.Option(min=0.0, max=1.0, callback=finite, help="p-values below this are significant."),
]
_Baseline = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="System that p-values refer to; the first by default."),
]
_By = Annotated[
    list[str] | None,
    typer.Option(
        metavar="LABEL",
        help="Also score each document, domain or origlang (if the files or --label give "
        "them), or each segment. May be repeated.",
    ),
]
_Labels = Annotated[
    list[str] | None,
    typer.Option(
        "--label", metavar="LABEL=FILE", help="A label for each segment, e.g. document=ids.txt."
    ),
]
_Tokenizer = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="BLEU's tokenizer, by sacreBLEU's names; by default 13a, or the one for Chinese, "
        "Japanese or Korean if --to says so.",
    ),
]
_Lowercase = Annotated[bool, typer.Option("--lowercase", help="Ignore case in BLEU and chrF.")]
_From = Annotated[
    str | None, typer.Option("--from", metavar="LANG", help="Language of the sources.")
]
_To = Annotated[
    str | None, typer.Option("--to", metavar="LANG", help="Language of the translations.")
]
_Model = Annotated[
    str, typer.Option(metavar="NAME", help="Model for the metrics round-trip and model.")
]
_Digits = Annotated[int, typer.Option(min=0, max=10, help="Decimal places; JSON and CSV have all.")]
_Between = Annotated[
    str | None,
    typer.Option(
        metavar="A,B",
        help="Systems whose segments the HTML page compares; by default the first two.",
    ),
]
_Examples = Annotated[
    int, typer.Option(min=1, max=10_000, help="Segments of each side on the HTML page.")
]
_Format = Annotated[ScoreFormat, typer.Option("--format", "-f", help="How to write the scores.")]


def score(
    hypotheses: _Hypotheses,
    references: _References = None,
    source: _Source = None,
    metrics: _Metrics = None,
    paired: _Paired = None,
    confidence: _Confidence = False,
    samples: _Samples = None,
    seed: _Seed = 12345,
    alpha: _Alpha = 0.05,
    baseline: _Baseline = None,
    by: _By = None,
    labels: _Labels = None,
    tokenizer: _Tokenizer = None,
    lowercase: _Lowercase = False,
    source_language: _From = None,
    target_language: _To = None,
    model: _Model = "auto",
    digits: _Digits = 1,
    between: _Between = None,
    examples: _Examples = 50,
    output_format: _Format = ScoreFormat.TABLE,
    output: Output = STANDARD,
) -> None:
    """Score translations: BLEU, chrF, chrF++ and TER, exactly as sacreBLEU does.

    Line n of every file has to be the same segment. Files may be compressed with gzip.

    Examples:
    ```
    mtpipe score sys.txt -r ref.txt
    mtpipe score a=sysA.txt b=sysB.txt -r ref1.txt -r ref2.txt -m bleu -m ter --paired bootstrap
    mtpipe score translated.jsonl -r testset.tsv:2 --confidence --by document
    mtpipe score newstest.en-de.xml --paired randomisation --by domain -f json -o scores.json
    mtpipe score sys.txt --source src.txt --from de --to en -m round-trip -m model
    ```
    """
    report = _scored(
        hypotheses,
        references or (),
        source,
        labels or (),
        metrics=metrics or ["bleu", "chrf"],
        paired=paired,
        languages=(source_language, target_language),
        output=output if output != STANDARD else None,
        confidence=confidence,
        samples=samples,
        seed=seed,
        alpha=alpha,
        baseline=baseline,
        by=by or (),
        tokenizer=tokenizer,
        lowercase=lowercase,
        model=model,
        digits=digits,
        examples=examples if output_format is ScoreFormat.HTML else 0,
        between=_pair(between),
    )
    write_scores(output, report, output_format)


def _scored(
    hypotheses: Sequence[str],
    references: Sequence[str],
    source: str | None,
    labels: Sequence[str],
    **options: Any,
) -> "ScoreReport":
    """Score files, given as they stand on the command line, and show the progress."""
    from mtpipe import score as score_files  # noqa: PLC0415 - not on the way to --help

    with counted("steps") as on_progress:
        return score_files(
            [Path(text) for text in hypotheses],
            [Path(text) for text in references],
            source=Path(source) if source is not None else None,
            labels=dict(map(_label, labels)),
            on_progress=on_progress,
            **options,
        )


def _pair(text: str | None) -> tuple[str, str] | None:
    if text is None:
        return None
    first, comma, second = text.partition(",")
    if not comma or not first or not second or first == second:
        raise typer.BadParameter(f"--between needs two systems, as in a,b, not {text!r}")
    return first, second


def _label(text: str) -> tuple[str, Path]:
    kind, sign, path = text.partition("=")
    if not sign or not kind or not path:
        raise typer.BadParameter(f"--label is LABEL=FILE, not {text!r}")
    return kind, Path(path)
