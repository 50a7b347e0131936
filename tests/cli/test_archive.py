import json
import shutil
from pathlib import Path

import pytest

from mtpipe.archive.table import ArticleTable
from tests.cli.conftest import Run

pa = pytest.importorskip("pyarrow")
pytest.importorskip("lancedb")

DEMO = Path(__file__).parent.parent.parent / "data" / "demo"


@pytest.fixture
def place(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """An archive of the French and the German demo article."""
    monkeypatch.chdir(tmp_path)
    code, _, err = run("archive", "add", "originals", str(DEMO / "fr.txt"), str(DEMO / "de.txt"))
    assert (code, err.splitlines()[0][:16]) == (0, "2 articles added")
    return "originals"


def test_search_prints_a_table(run: Run, place: str) -> None:
    code, out, _ = run("archive", "search", place, str(DEMO / "de.txt"))
    lines = out.decode().splitlines()
    assert code == 0
    assert lines[0].startswith(f"{DEMO / 'de.txt'} (de) Neue Brücke")
    assert "1.00    7 of 7 sentences  de" in lines[1]
    assert "7 of 7 sentences  fr" in lines[2]


def test_search_prints_json_of_any_input(run: Run, place: str) -> None:
    text = (DEMO / "de.txt").read_bytes()
    code, out, _ = run("archive", "search", place, "-", "--translations", "--json", stdin=text)
    record = json.loads(out)
    (hit,) = record["originals"]
    assert (code, record["id"], hit["id"]) == (0, "-", str(DEMO / "fr.txt"))
    assert (hit["language"], hit["votes"], hit["shared"]) == ("fr", 7, ["24"])


def test_search_finds_nothing(run: Run, place: str) -> None:
    text = b"The committee will publish its annual report on the fishing quota next week."
    code, out, _ = run("archive", "search", place, "-", stdin=text)
    assert code == 0
    assert out.decode().splitlines()[1] == "  nothing in the archive"


def test_list_info_and_remove(run: Run, place: str) -> None:
    _, out, _ = run("archive", "list", place, "--containing", "nouveau pont")
    assert (
        out.decode()
        == f"fr  -               8  {DEMO / 'fr.txt'}  Un nouveau pont sur la rivière\n"
    )
    _, out, _ = run("archive", "list", place, "--json", "--language", "de")
    assert json.loads(out)["sentences"] == 7
    _, out, _ = run("archive", "info", place)
    assert "articles:  2 (de 1, fr 1)" in out.decode()
    _, out, _ = run("archive", "info", place, "--json")
    assert json.loads(out)["sentences"] == 15
    code, _, err = run("archive", "remove", place, str(DEMO / "fr.txt"), "nothing")
    assert (code, "1 articles removed" in err, "not in the archive: nothing" in err) == (
        6,
        True,
        True,
    )
    _, out, _ = run("archive", "list", place)
    assert len(out.splitlines()) == 1


def test_failures_are_listed(run: Run, place: str) -> None:
    code, _, err = run("archive", "add", place, "missing.html", str(DEMO / "fr.txt"))
    assert code == 6
    assert "failed: missing.html (read)" in err
    (failure,) = map(json.loads, Path(f"{place}.failures.jsonl").read_text().splitlines())
    assert failure["article_id"] == "missing.html"
    code, _, err = run("archive", "search", place, "missing.html")
    assert (code, "failed: missing.html (read)" in err) == (6, True)


def test_failures_are_told_to_the_quiet_too(run: Run, place: str) -> None:
    code, _, err = run("-q", "archive", "add", place, "missing.html")
    assert (code, err.partition(" (read)")[0]) == (6, "error: failed: missing.html")
    assert run("-q", "archive", "remove", place, "x") == (6, b"", "error: not in the archive: x\n")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["search", "nowhere", "page.txt"], 3, "mtpipe archive add nowhere PAGES"),
        (["list", "nowhere"], 3, "no archive in nowhere"),
        (["add", "https://example.org/a", "page.txt"], 4, "no place for an archive"),
        (["add", "new"], 2, "give files to add"),
        (["search", "nowhere", "page.txt", "--since", "May"], 2, "2024-02-29"),
        (["list", "nowhere", "--language", "xx"], 4, "unknown language"),
    ],
    ids=["search", "list", "address", "nothing-to-add", "date", "language"],
)
def test_errors_say_what_repairs_them(
    run: Run, arguments: list[str], code: int, message: str
) -> None:
    got, out, err = run("archive", *arguments)
    assert (got, out) == (code, b"")
    assert message in " ".join(err.split())


def test_a_title_cannot_steer_the_terminal(run: Run, place: str) -> None:
    page = b"<html><head><title>A\x1b[31mB</title></head><body><article><h1>A&#27;[31mB</h1>"
    page += b"<p>The ferry stopped after the storm and will not run before Monday morning.</p>"
    run("archive", "add", place, "-", stdin=page + b"</article></body></html>")
    _, out, _ = run("archive", "list", place)
    assert b"\x1b" not in out


def test_check(run: Run, place: str) -> None:
    code, out, err = run("archive", "check", place)
    assert (code, out, err) == (0, b"", "2 of 2 articles are what was added\n")
    store = ArticleTable(place)
    row = store.table(list(store._columns.names), "language = 'fr'").to_pylist()
    row[0]["text"] += "."
    changed = pa.Table.from_pylist(row, schema=store._columns)
    store._table.merge_insert("id").when_matched_update_all().execute(changed)
    code, out, err = run("archive", "check", place)
    assert (code, err) == (6, "1 of 2 articles are what was added\n")
    assert out.decode().startswith(f"{DEMO / 'fr.txt'}: what is listed")
    code, out, _ = run("archive", "check", place, "--json")
    assert (code, json.loads(out)["id"]) == (6, str(DEMO / "fr.txt"))


def test_doubles_of_earlier_versions_are_told_and_removed(run: Run, place: str) -> None:
    store = ArticleTable(place)
    rows = store.table(list(store._columns.names), "language = 'fr'")
    store._table.add(rows)
    store._table.add(rows)
    assert len(store) == 4
    code, out, err = run("archive", "check", place)
    assert (code, out.decode()) == (6, f"{DEMO / 'fr.txt'}: is there 3 times\n")
    assert "mtpipe archive check originals --repair" in err
    code, out, err = run("archive", "check", place, "--repair")
    assert (code, out) == (0, b"")
    assert err.startswith("2 doubles are gone\n")
    assert sorted(row.id for row in ArticleTable(place).listed()) == [
        str(DEMO / "de.txt"),
        str(DEMO / "fr.txt"),
    ]
    assert run("archive", "check", place, "--repair")[0] == 0


def test_a_damaged_archive_names_no_original_but_its_repair(run: Run, place: str) -> None:
    store = ArticleTable(place)
    row = store.table(list(store._columns.names), "language = 'fr'").to_pylist()
    row[0]["vectors"] = row[0]["vectors"][::-1]
    changed = pa.Table.from_pylist(row, schema=store._columns)
    store._table.merge_insert("id").when_matched_update_all().execute(changed)
    code, out, err = run("archive", "search", place, str(DEMO / "de.txt"))
    assert (code, out) == (3, b"")
    assert "1 articles aren't what was added" in err
    assert "mtpipe archive check originals" in err
    code, _, err = run("archive", "remove", place, str(DEMO / "fr.txt"))
    assert code == 0
    code, _, _ = run("archive", "add", place, str(DEMO / "fr.txt"))
    assert code == 0
    code, out, _ = run("archive", "search", place, str(DEMO / "de.txt"))
    assert code == 0
    assert str(DEMO / "fr.txt") in out.decode()


def test_data_without_a_manifest_is_no_place_for_a_new_archive(run: Run, place: str) -> None:
    shutil.rmtree(Path(place) / "articles.lance" / "_versions")
    for arguments in (
        ("search", place, str(DEMO / "de.txt")),
        ("add", place, str(DEMO / "de.txt")),
    ):
        code, _, err = run("archive", *arguments)
        assert code == 3
        assert "it has data, but no manifest" in err


def test_an_archive_in_shards_is_used_like_any_other(run: Run, place: str, tmp_path: Path) -> None:
    pages = [str(DEMO / "fr.txt"), str(DEMO / "de.txt")]
    code, _, err = run("archive", "add", "large", *pages, "--shards", "3")
    assert (code, err.splitlines()[0][:16]) == (0, "2 articles added")
    assert json.loads((tmp_path / "large" / "shards.json").read_text()) == {
        "format": 1,
        "shards": 3,
    }
    for command in (
        ("archive", "search", "{}", pages[1], "--json"),
        ("archive", "check", "{}"),
    ):
        one, three = (
            run(*(part.format(archive) for part in command)) for archive in (place, "large")
        )
        assert one == three
    ids = [
        sorted(
            json.loads(line)["id"]
            for line in run("archive", "list", name, "--json")[1].splitlines()
        )
        for name in (place, "large")
    ]
    assert ids[0] == ids[1]
    assert "in 3 shards" in run("archive", "info", "large")[1].decode()
    assert run("archive", "add", "large", *pages)[2].startswith("0 articles added")
    code, _, err = run("archive", "add", "large", *pages, "--shards", "4")
    assert code == 4
    assert "has 3 shards, not 4" in err
    code, _, err = run("archive", "add", "again", "--from-archive", "large", "--shards", "2")
    assert (code, err.splitlines()[0][:16]) == (0, "2 articles added")
    assert run("archive", "remove", "large", pages[0])[2].startswith("1 articles removed")
