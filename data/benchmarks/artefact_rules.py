r"""How often each rule of the republication score fires on texts that people wrote or translated.

Three kinds of innocent text: human documents of a file of labelled documents (``--documents``, JSON
lines with ``label``, ``pair`` and ``candidate``, a list of sentences), both sides of files of human
translations (``--lines``, ``name.de-en.tsv``, put together to articles of 12 lines), and
xz-compressed files of ``corpus TAB source TAB target`` lines (``--corpora``, ``de-fr.tsv.xz``, of which
one corpus's first lines are taken). None of those has a page around it, so only rules that look at the
body are measured. Rules of page words are measured on HTML pages (``--pages``, files or folders), such
as manuals.

    data/benchmarks/artefact_rules.py --documents detect.jsonl.gz --lines translate/*.tsv \
        --corpora train/*.tsv.xz --corpus swiss-gov-news --pages /usr/share/doc

A rule's ``innocent_rate`` in ``rules.toml`` is what the last table says of 1,000 texts.
"""

import argparse
import gzip
import itertools
import json
import lzma
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeVar

from mtpipe.detection.artefacts import find_artefacts
from mtpipe.detection.republication import republication_score
from mtpipe.detection.rules import load_rules
from mtpipe.ingest import read_articles
from mtpipe.ingest.language import mark_foreign
from mtpipe.types import Article, Block, BlockKind, Language, Place

LINES = 12
NEAR = 0.3
Row = TypeVar("Row")


def main() -> None:
    """Print a line a kind of text, and one a rule that fires."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--documents", type=Path)
    parser.add_argument("--label", default="human")
    parser.add_argument("--lines", type=Path, nargs="*", default=[])
    parser.add_argument("--corpora", type=Path, nargs="*", default=[])
    parser.add_argument("--corpus", default="swiss-gov-news")
    parser.add_argument(
        "--articles", type=int, default=2000, help="most of each corpus file's side"
    )
    parser.add_argument("--pages", type=Path, nargs="*", default=[])
    parser.add_argument("--show", type=int, default=3, help="quotations a rule")
    options = parser.parse_args()
    texts: dict[str, Iterable[tuple[Language, list[str]]]] = {}
    if options.documents:
        texts["documents"] = documents(options.documents, options.label)
    if options.lines:
        texts["lines"] = translations(options.lines)
    if options.corpora:
        texts["corpora"] = corpora(options.corpora, options.corpus, options.articles)
    kinds = {kind: itertools.starmap(article_of, pairs) for kind, pairs in texts.items()}
    if options.pages:
        kinds["pages"] = pages(options.pages)
    rules = load_rules()
    print(rules.signature)
    total, fired_in_all = Counter[Language](), Counter[str]()
    for kind, articles in kinds.items():
        fired, shown, scores = Counter[str](), dict[str, list[str]](), []
        for article in articles:
            evidence = find_artefacts(article, rules)
            score = republication_score(evidence, rules, candidate=article)
            scores.append(score.probability or 0.0)
            total[article.language] += 1
            for piece in evidence:
                fired[piece.id] += 1
                quoted = [quotation.text[:60] for quotation in piece.quotations[:1]]
                shown[piece.id] = (shown.get(piece.id, []) + quoted)[: options.show]
        over = sum(score >= rules.card.threshold for score in scores)
        near = sum(score >= NEAR for score in scores)
        print(
            f"\n{kind}: {len(scores)} texts, {over} at or above the threshold, "
            f"{near} at or above {NEAR}, highest {max(scores, default=0):.3f}"
        )
        for name, count in fired.most_common():
            weight = rules.rules[name].weight
            print(f"  {100 * count / len(scores):6.3f} %  {weight:+.1f}  {name}  {shown[name]}")
        fired_in_all += fired
    print(f"\nof 1,000 of all {total.total()} texts in a rule's languages:")
    for name, count in fired_in_all.most_common():
        of = sum(total[language] for language in rules.rules[name].languages)
        print(f"  {1000 * count / of:7.2f}  {name}")


def batched(items: Iterable[Row], size: int) -> Iterator[list[Row]]:
    """Lists of ``size`` items; itertools has it from Python 3.12 on."""
    iterator = iter(items)
    while group := list(itertools.islice(iterator, size)):
        yield group


def article_of(language: Language, sentences: list[str]) -> Article:
    """Sentences as the paragraphs of an article, foreign ones marked as in reading a page."""
    blocks = [
        Block(BlockKind.PARAGRAPH, " ".join(sentence.split()), Place(index, index + 1))
        for index, sentence in enumerate(sentences)
        if sentence.strip()
    ]
    return Article("innocent", "-", language, mark_foreign(blocks, language))


def pages(paths: Iterable[Path]) -> Iterator[Article]:
    """The articles of HTML pages; what isn't one, or in another language, is passed over."""
    for read in read_articles([str(path) for path in paths]):
        if isinstance(read, Article):
            yield read


def documents(path: Path, label: str) -> Iterator[tuple[Language, list[str]]]:
    """Candidates of one label."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            row = json.loads(line)
            if row["label"] == label:
                yield Language.parse(row["pair"].split("-")[1]), row["candidate"]


def translations(paths: Iterable[Path]) -> Iterator[tuple[Language, list[str]]]:
    """Both sides of files of parallel lines."""
    for path in paths:
        languages = path.name.split(".")[-2].split("-")
        with path.open(encoding="utf-8") as file:
            for rows in batched(file, LINES):
                columns = zip(*(row.rstrip("\n").split("\t")[:2] for row in rows), strict=True)
                for code, sentences in zip(languages, columns, strict=True):
                    yield Language.parse(code), list(sentences)


def corpora(paths: Iterable[Path], corpus: str, most: int) -> Iterator[tuple[Language, list[str]]]:
    """Both sides of one corpus in compressed files, shuffled lines put together."""
    for path in paths:
        languages = path.name.split(".")[0].split("-")
        with lzma.open(path, "rt", encoding="utf-8") as file:
            rows = (row.rstrip("\n").split("\t")[1:3] for row in file if row.startswith(corpus))
            for group in batched(itertools.islice(rows, most * LINES), LINES):
                for code, sentences in zip(languages, zip(*group, strict=True), strict=True):
                    yield Language.parse(code), list(sentences)


if __name__ == "__main__":
    main()
