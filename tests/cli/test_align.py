"""The command as a user runs it, with the encoder that ships."""

import gzip
import json

import pytest

from mtpipe.cli import main

GERMAN = """Stadtrat beschliesst neues Schwimmbad

Der Rat hat gestern entschieden. Das neue Bad soll 2027 eröffnet werden und 12 Millionen kosten.

Kritik kam von der Opposition. Sie hält das Projekt für zu teuer, weil die Stadt Schulden hat.
"""
FRENCH = """Le conseil municipal approuve une nouvelle piscine

Le conseil a décidé hier. La nouvelle piscine doit ouvrir en 2027. Elle coûtera 12 millions.

L'opposition a critiqué le projet, jugé trop cher car la ville est endettée.
"""


@pytest.fixture
def files(tmp_path):
    (tmp_path / "de.txt").write_text(GERMAN)
    (tmp_path / "fr.txt").write_text(FRENCH)
    return str(tmp_path / "de.txt"), str(tmp_path / "fr.txt")


def test_an_article_and_its_translation(files, capsys):
    assert main(["align", *files, "--format", "vecalign"]) == 0
    beads = [line.rsplit(":", 1)[0] for line in capsys.readouterr().out.splitlines()]
    assert beads == ["[0]:[0]", "[1]:[1]", "[2]:[2, 3]", "[3, 4]:[4]"]


def test_the_table_shows_both_sides(files, capsys):
    assert main(["align", *files]) == 0
    out, err = capsys.readouterr()
    assert "Schwimmbad" in out
    assert "piscine" in out
    assert "4 links" in err


UNSEEN = {
    "CSI": "\x9b2J",
    "ESC": "\x1b[2J",
    "override": "\u202e",
    "isolate": "\u2066",
    "NEL": "\x85",
}


@pytest.mark.parametrize("sign", list(UNSEEN.values()), ids=list(UNSEEN))
def test_nothing_in_a_text_steers_the_terminal(sign, tmp_path, capsys):
    (tmp_path / "de.txt").write_text(f"Das Bad{sign}öffnet 2027.\n")
    (tmp_path / f"f{sign}r.txt").write_text(f"La piscine {sign} ouvre en 2027.\n")
    sides = [str(tmp_path / name) for name in ("de.txt", f"f{sign}r.txt")]
    assert main(["align", "--lines", "--from", "de", "--to", "fr", *sides]) == 0
    out = capsys.readouterr().out
    assert "2027" in out
    assert all(char.isprintable() or char == "\n" for char in out)


@pytest.mark.parametrize("form", ["jsonl", "tsv", "tmx", "html"])
def test_output_goes_to_a_file(files, tmp_path, form, capsys):
    path = tmp_path / "out"
    assert main(["align", *files, "--format", form, "-o", str(path)]) == 0
    assert "Der Rat hat gestern entschieden." in path.read_text(encoding="utf-8")
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("number", [0, 1])
def test_what_is_aligned_is_not_written_over(files, number, capsys, tmp_path):
    before = (tmp_path / "de.txt").read_bytes(), (tmp_path / "fr.txt").read_bytes()
    assert main(["align", *files, "--format", "tsv", "-o", files[number]]) == 3
    assert "can't be written at the same time" in capsys.readouterr().err
    assert ((tmp_path / "de.txt").read_bytes(), (tmp_path / "fr.txt").read_bytes()) == before


def test_a_table_goes_to_a_file_as_a_whole(files, tmp_path):
    path = tmp_path / "table.txt"
    assert main(["align", *files, "-o", str(path)]) == 0
    assert "Schwimmbad" in path.read_text(encoding="utf-8")
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["de.txt", "fr.txt", "table.txt"]


UNRELATED = """Le chat dort sur le canapé.
La recette demande trois œufs et du beurre.
Le film sort mercredi dans les salles.
"""


def test_unrelated_texts_are_told_and_may_stay_unlinked(files, tmp_path, capsys):
    (tmp_path / "chat.txt").write_text(UNRELATED)
    command = ["align", "--lines", files[0], str(tmp_path / "chat.txt"), "--format", "vecalign"]
    assert main(command) == 0
    assert "are hardly two versions of one text" in capsys.readouterr().err
    assert main([*command, "--min-score", "0.35"]) == 0
    out, _ = capsys.readouterr()
    beads = [line.split(":")[:2] for line in out.splitlines()]
    assert all("[]" in bead for bead in beads)
    assert main(["align", *files, "--format", "vecalign"]) == 0
    assert "hardly" not in capsys.readouterr().err


def test_empty_lines_are_linked_to_nothing(tmp_path, capsys):
    german = "Die Brücke ist offen.\n\nDie Kosten lagen bei drei Millionen Euro.\n\n\nDie Polizei regelt den Verkehr.\n"
    french = "\nLe pont est ouvert.\nLes coûts étaient de trois millions d'euros.\n\nLa police règle la circulation.\n"
    (tmp_path / "a.de").write_text(german)
    (tmp_path / "a.fr").write_text(french)
    command = [
        "align",
        "--lines",
        "--from",
        "de",
        "--to",
        "fr",
        str(tmp_path / "a.de"),
        str(tmp_path / "a.fr"),
    ]
    assert main([*command, "--format", "vecalign"]) == 0
    beads = [line.rsplit(":", 1)[0] for line in capsys.readouterr().out.splitlines()]
    assert [bead for bead in beads if "[]" not in bead] == ["[0]:[1]", "[2]:[2]", "[5]:[4]"]
    assert sorted(bead for bead in beads if "[]" in bead) == [
        "[1]:[]",
        "[3]:[]",
        "[4]:[]",
        "[]:[0]",
        "[]:[3]",
    ]
    assert main([*command, "--format", "tmx"]) == 0
    assert "<seg></seg>" not in capsys.readouterr().out


def test_a_side_without_text_is_told(files, tmp_path, capsys):
    (tmp_path / "empty").write_text("\n")
    command = ["align", "--lines", files[0], str(tmp_path / "empty"), "--format", "vecalign"]
    assert main(command) == 0
    err = capsys.readouterr().err
    assert "has no text, so nothing is linked" in err
    assert "hardly" not in err
    assert main(["align", *files, "--min-score", "1", "--format", "vecalign"]) == 0
    assert "nothing is linked: no sentences score 1 or more" in capsys.readouterr().err


def test_lines_may_be_compressed(files, tmp_path, capsys):
    packed = tmp_path / "de.gz"
    packed.write_bytes(gzip.compress(GERMAN.encode()))
    assert main(["align", "--lines", str(packed), files[1], "-f", "tsv"]) == 0
    assert "Der Rat hat gestern" in capsys.readouterr().out


def test_lines_in_another_encoding_are_told(files, tmp_path, capsys):
    (tmp_path / "a.de").write_bytes(GERMAN.encode("cp1252"))
    assert main(["align", "--lines", str(tmp_path / "a.de"), files[1], "-f", "tsv"]) == 0
    out, err = capsys.readouterr()
    assert "eröffnet" in out
    assert "a.de: line 3 isn't UTF-8, read as Windows-1252; 2 lines are doubtful in all" in err


def test_tmx_has_the_languages_of_lines(files, tmp_path, capsys):
    assert main(["align", "--lines", *files, "--format", "tmx"]) == 0
    out = capsys.readouterr().out
    assert '<tuv xml:lang="de">' in out
    assert '<tuv xml:lang="fr">' in out
    (tmp_path / "x").write_text("x\n")
    assert main(["align", "--lines", files[0], str(tmp_path / "x"), "--format", "tmx"]) == 3
    out, err = capsys.readouterr()
    assert out == ""
    assert "name it with --to" in err


def test_an_evaluation_has_no_other_forms(files, capsys):
    assert main(["align", *files, "--evaluate", files[0], "--format", "tmx"]) == 2
    assert "--evaluate prints a table, or jsonl" in " ".join(capsys.readouterr().err.split())


def test_evaluation(files, tmp_path, capsys):
    gold = tmp_path / "gold"
    gold.write_text("[0]:[0]\n[1]:[1]\n[2]:[2]\n[]:[3]\n[3, 4]:[4]\n")
    assert main(["align", *files, "--evaluate", str(gold)]) == 0
    assert "strict" in capsys.readouterr().out
    assert main(["align", *files, "--evaluate", str(gold), "--format", "jsonl"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["strict"]["precision"] == 0.75
    assert figures["lax"]["f1"] == 1
    assert figures["shapes"]["2-1"] == {"gold": 1, "found": 1, "right": 1}


def test_lines_are_taken_as_they_are(tmp_path, capsys):
    path = tmp_path / "lines"
    path.write_text("Eins. Zwei.\n\nDrei.\n")
    assert main(["align", "--lines", str(path), str(path), "-f", "vecalign"]) == 0
    assert capsys.readouterr().out == "[0]:[0]:1\n[1]:[]:0\n[]:[1]:0\n[2]:[2]:1\n"


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        pytest.param(["none.txt", "none.txt"], 3, "none.txt", id="missing file"),
        pytest.param(["--lines", "none.txt", "none.txt"], 3, "none.txt", id="missing lines"),
        pytest.param(["-", "-"], 2, "standard input", id="two standard inputs"),
        pytest.param(["a", "b", "--from", "xx"], 4, "xx", id="language"),
        pytest.param(["a", "b", "--max-bead", "1"], 2, "max-bead", id="bead of one"),
    ],
)
def test_mistakes(arguments, code, words, capsys):
    assert main(["align", *arguments]) == code
    assert words in capsys.readouterr().err


def test_a_gold_alignment_of_other_files_is_refused(files, tmp_path, capsys):
    gold = tmp_path / "gold"
    gold.write_text("[99]:[0]\n")
    assert main(["align", *files, "--evaluate", str(gold)]) == 3
    assert "99" in capsys.readouterr().err


def test_another_encoder_needs_the_extra(files, monkeypatch, capsys):
    monkeypatch.setitem(__import__("sys").modules, "sentence_transformers", None)
    assert main(["align", *files, "--encoder", "sentence-transformers/LaBSE"]) == 4
    assert "mtpipe[encoders]" in capsys.readouterr().err
