"""The public face of translation, with the starter model."""

import doctest
import io
import json
from pathlib import Path

import pytest

import mtpipe
from mtpipe.errors import ConfigError, InputError, ModelNotFound, UnsupportedDirection
from mtpipe.ingest import sources as sources_module
from mtpipe.models.cards import InstalledModel
from mtpipe.pipeline.systems import choosing
from mtpipe.pipeline.translate import translator as translator_module
from mtpipe.types import Article, Block, BlockKind, Direction, Failure, Language, Place, Translation

SENTENCE = "Der Rat hat am Montag entschieden."


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, starter: InstalledModel) -> Path:
    """A folder of the test's own, and the starter as the only model."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(choosing, "installed_models", lambda: [starter])
    return tmp_path


def article(item: str, *texts: str, language: Language = Language.DE) -> Article:
    blocks = tuple(Block(BlockKind.PARAGRAPH, text, Place(n)) for n, text in enumerate(texts))
    return Article(item, f"{item}.txt", language, blocks)


def translator(source: str | None = None, **options: object) -> mtpipe.Translator:
    options = {"model": "starter", "beam": 1, "cache": False, **options}
    return mtpipe.Translator("en", source=source, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("module", [translator_module, sources_module], ids=lambda m: m.__name__)
def test_the_examples_run(module: object) -> None:
    found = doctest.testmod(module)  # type: ignore[arg-type]
    assert found.attempted
    assert not found.failed


def test_the_function_gives_what_the_class_gives() -> None:
    texts = [SENTENCE, "", "42", "Guten Morgen."]
    found = mtpipe.translate(texts, "en", source="de", model="starter", beam=1)
    assert found == translator("de").segments(texts) == translator().segments(texts, source="de")
    assert [hypothesis.text for hypothesis in found[1:3]] == ["", "42"]


def test_languages_are_names_or_members() -> None:
    both = mtpipe.Translator(Language.EN, source=Language.DE, model="starter", cache=False)
    assert both.signature == mtpipe.Translator("en", source="de-CH", model="starter").signature


def test_the_signature_without_a_source_is_that_of_all() -> None:
    parts = translator().signature.split(" + ")
    assert parts == [translator(source).signature for source in ("de", "fr")]
    assert all("model:starter@" in part for part in parts)


def test_one_string_is_no_list_of_texts() -> None:
    with pytest.raises(TypeError, match="not one"):
        mtpipe.translate(SENTENCE, "en", source="de", model="starter")


def test_segments_need_a_language() -> None:
    with pytest.raises(ConfigError, match="language"):
        translator().segments([SENTENCE])


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"source": "en"}, UnsupportedDirection),
        ({"source": "nl"}, UnsupportedDirection),
        ({"source": "de", "model": "startre"}, ModelNotFound),
        ({"beam": 0}, ConfigError),
        ({"engine": "moses"}, ValueError),
        ({"device": "abacus"}, ValueError),
    ],
)
def test_what_can_not_be_shows_at_once(options: dict[str, str], error: type[Exception]) -> None:
    with pytest.raises(error):
        translator(**options)  # type: ignore[arg-type]


def test_models_are_stated(starter: InstalledModel) -> None:
    [model] = translator().models("fr")
    assert (model.name, model.direction) == ("starter", Direction.parse("fr-en"))
    assert model.better


def test_articles_are_results_one_by_one() -> None:
    failure = Failure("x", "read", "gone")
    items = [article("a", SENTENCE), failure, article("b", "Bonjour.", language=Language.FR)]
    found = list(translator().articles(items))
    assert [one.article_id for one in found if isinstance(one, Failure)] == ["x"]
    translations = [one for one in found if isinstance(one, Translation)]
    assert [one.article.id for one in translations] == ["a", "b"]
    assert translations[0].signature == translator("de").signature


def test_articles_are_written_and_resumed(here: Path) -> None:
    items = [article("a", SENTENCE), Failure("x", "read", "gone")]
    output = here / "out.jsonl"
    summary = translator().write(items, output)
    assert (summary.articles, summary.skipped, summary.failures) == (1, 0, [items[1]])
    [record] = map(json.loads, output.read_text(encoding="utf-8").splitlines())
    assert record["id"] == "a"
    assert summary.list_failures() == here / "out.jsonl.failures.jsonl"
    again = translator().write(items, output)
    assert (again.articles, again.skipped) == (0, 1)


def test_a_run_without_failures_removes_the_list_of_the_last_one(here: Path) -> None:
    output, listed = here / "out.jsonl", here / "out.jsonl.failures.jsonl"
    translator().write(
        [article("a", SENTENCE), Failure("x", "read", "gone")], output
    ).list_failures()
    assert listed.exists()
    stopped = translator().write([article("a", SENTENCE)], output, is_stopped=lambda: True)
    assert stopped.is_unfinished
    assert stopped.list_failures() is None
    assert listed.exists()
    assert translator().write([article("a", SENTENCE)], output).list_failures() is None
    assert not listed.exists()


@pytest.mark.parametrize("form", ["jsonl", "text"])
def test_where_nothing_is_read_the_output_stays(here: Path, form: str) -> None:
    (output := here / "out").write_text("")
    summary = translator().write([Failure("x", "read", "gone")], output, form=form)
    assert summary.nothing_was_read
    assert output.read_text() == ""
    assert not list(here.glob("*.part"))


def test_a_round_trip_without_a_way_back_shows_before_there_is_an_output(
    here: Path, starter: InstalledModel
) -> None:
    (folder := here / "mine-de-en").mkdir()
    for path in starter.directory.iterdir():
        if path.name != "card.toml":
            (folder / path.name).symlink_to(path)
    one_way = translator("de", model=str(folder), round_trip=True)
    with pytest.raises(UnsupportedDirection, match="the round trip lacks its way back"):
        one_way.write([article("a", SENTENCE)], here / "out.jsonl")
    assert not (here / "out.jsonl").exists()


def test_an_unfinished_document_takes_no_place(
    here: Path, caplog: pytest.LogCaptureFixture
) -> None:
    output, items = here / "out.txt", [article("a", SENTENCE)]
    translator().write(items, output, form="text")
    before = output.read_text(encoding="utf-8")
    stopped = translator().write(items, output, form="text", is_stopped=lambda: True)
    assert stopped.is_unfinished
    assert output.read_text(encoding="utf-8") == before
    assert "out.txt stays as it was" in caplog.text
    translator().write(items, here / "new.txt", form="text", is_stopped=lambda: True)
    assert (here / "new.txt").exists()


def test_links_are_matched_where_they_are_wanted() -> None:
    page = here_page(
        "<p>Der <a href='https://example.org/'>Rat</a> hat am Montag in der Stadt getagt.</p>"
    )
    with_markup, without = (
        list(translator("de").articles(mtpipe.read_articles([page]), markup=markup))
        for markup in (True, False)
    )
    assert [block.markup for one in without for block in one.blocks] == [()]  # type: ignore[union-attr]
    assert any(block.markup for one in with_markup for block in one.blocks)  # type: ignore[union-attr]


def here_page(body: str) -> str:
    Path("page.html").write_text(f"<html lang=de><body>{body}</body></html>", encoding="utf-8")
    return "page.html"


def test_lines_from_files_and_streams(here: Path) -> None:
    (here / "in.txt").write_bytes(b"Guten Morgen.\n\n42\n")
    told: list[int] = []
    one = translator("de")
    one.lines("in.txt", here / "out.txt", on_progress=told.append)
    stream = io.BytesIO()
    assert one.lines(io.BytesIO(b"Guten Morgen.\n\n42\n"), stream).lines == 3
    assert (here / "out.txt").read_bytes() == stream.getvalue()
    assert not stream.closed
    assert stream.getvalue().endswith(b"\n\n42\n")
    assert (told[0], told[-1]) == (0, 3)
    with pytest.raises(InputError, match="can't read no-such"):
        one.lines("no-such", "out.txt")


def test_a_second_translator_remembers(
    here: Path, monkeypatch: pytest.MonkeyPatch, starter: InstalledModel
) -> None:
    monkeypatch.setenv("MTPIPE_CACHE_MB", "50")
    with translator("de", cache=True) as first:
        [before] = first.segments(["Der Hund schläft."])
    monkeypatch.setattr(
        "mtpipe.engines.pacing.PacedEngine.submit", lambda *_, **__: pytest.fail("decoded again")
    )
    assert translator("de", cache=True).segments(["Der Hund schläft."]) == [before]
