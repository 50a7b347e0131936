import pytest

from mtpipe.errors import ConfigError, InputError
from mtpipe.training.development import digest_of_pairs, read_development
from mtpipe.types import Direction

DE_EN, DE_FR = Direction.parse("de-en"), Direction.parse("de-fr")


def put(folder, **files):
    paths = []
    for name, text in files.items():
        path = folder / name.replace("__", "-").replace("_", ".")
        path.write_text(text, encoding="utf-8")
        paths.append(path)
    return paths


def test_a_tsv_serves_both_directions(tmp_path):
    paths = put(tmp_path, dev_de__en_tsv="Ja.\tYes.\nNein.\tNo.\n")
    found = read_development(paths, {DE_EN, DE_EN.reversed, DE_FR}, None, limit=9)
    assert found == {
        DE_EN: [("Ja.", "Yes."), ("Nein.", "No.")],
        DE_EN.reversed: [("Yes.", "Ja."), ("No.", "Nein.")],
    }


def test_a_set_is_known_by_what_is_in_it():
    one, other = [("Ja.", "Yes.")], [("Ja.", "Yes, it is.")]
    digest = digest_of_pairs({DE_EN: one, DE_FR: other})
    assert digest == digest_of_pairs({DE_FR: other, DE_EN: one})
    different = [{DE_EN: other, DE_FR: one}, {DE_EN: one}, {DE_EN: other}, {}]
    assert len({digest, *map(digest_of_pairs, different)}) == 5


def test_columns_say_what_a_name_does_not(tmp_path):
    paths = put(tmp_path, dev_tsv="Ja.\tYes.\n")
    assert read_development(paths, {DE_EN}, DE_EN, limit=9) == {DE_EN: [("Ja.", "Yes.")]}
    with pytest.raises(ConfigError, match="which languages"):
        read_development(paths, {DE_EN}, None, limit=9)


def test_line_parallel_files(tmp_path):
    paths = put(
        tmp_path, dev_de="Ja.\n\nNein.\n", dev_en="Yes.\nGap.\nNo.", dev_fr="Oui.\n.\nNon.\n"
    )
    found = read_development(paths, {DE_EN, DE_FR.reversed}, None, limit=9)
    assert found == {
        DE_EN: [("Ja.", "Yes."), ("Nein.", "No.")],
        DE_FR.reversed: [("Oui.", "Ja."), ("Non.", "Nein.")],
    }


def test_long_sets_are_thinned_out_evenly(tmp_path):
    paths = put(tmp_path, dev_tsv="".join(f"a{n}\tb{n}\n" for n in range(100)))
    [pairs] = read_development(paths, {DE_EN}, DE_EN, limit=4).values()
    assert pairs == [("a0", "b0"), ("a25", "b25"), ("a50", "b50"), ("a75", "b75")]


@pytest.mark.parametrize(
    ("files", "error", "message"),
    [
        ({"dev_de": "a\nb\n", "dev_en": "a\n"}, InputError, "aren't parallel"),
        ({"dev_de": "a\n"}, ConfigError, "nothing for de-en"),
        ({"dev_de__fr_tsv": "a\tb\n"}, ConfigError, "nothing for de-en"),
        ({"dev_de__en_tsv": " \tb\n"}, ConfigError, "nothing for de-en"),
    ],
    ids=["lengths", "one side", "other languages", "empty"],
)
def test_useless_sets_are_refused(tmp_path, files, error, message):
    with pytest.raises(error, match=message):
        read_development(put(tmp_path, **files), {DE_EN}, None, limit=9)


def test_a_missing_file(tmp_path):
    with pytest.raises(InputError, match="can't read"):
        read_development([tmp_path / "dev.de"], {DE_EN}, None, limit=9)
