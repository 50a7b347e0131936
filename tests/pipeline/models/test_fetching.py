import json
import os
from pathlib import Path

import pytest

from mtpipe.config import models_directory
from mtpipe.errors import (
    ConfigError,
    DependencyMissing,
    ModelCorrupt,
    ModelError,
    ModelNotFound,
    OutputError,
)
from mtpipe.pipeline.models import fetching
from mtpipe.pipeline.models.fetching import directions_of, fetch_model
from mtpipe.pipeline.models.upkeep import check_model, installed
from mtpipe.types import Direction
from mtpipe.types.choices import Quantization
from tests.models.hub_server import Repository, StandIn
from tests.models.tiny_marian import (
    FILES,
    HUB_ID,
    NAME,
    SOURCE,
    TARGET,
    contents,
    tiny_marian,
    write_tiny_card,
)

DE_EN = Direction.parse("de-en")


def _left_over() -> list[str]:
    scratch = models_directory() / ".partial"
    return sorted(path.name for path in scratch.iterdir() if path.suffix != ".lock")


@pytest.mark.usefixtures("card")
def test_fetch_by_name(repository: Repository) -> None:
    notices: list[str] = []
    progress: list[tuple[int, int]] = []
    model = fetch_model(
        NAME,
        on_notice=notices.append,
        on_progress=lambda done, total: progress.append((done, total)),
    )
    assert model == installed(NAME)
    assert model.card.revision == repository.commit
    assert model.card.licence == "CC0-1.0"
    assert set(model.card.sha256) == set(FILES)
    assert model.card.parameters > 10_000
    assert model.card.size_bytes == sum(map(len, repository.files.values()))
    assert (model.variant_directory(Quantization.INT8) / "model.bin").is_file()
    kept = {path.name for path in model.directory.iterdir()}
    assert kept == {*FILES, "card.toml", "ctranslate2"}
    assert _left_over() == []
    assert any("pinned from now on" in notice for notice in notices)
    assert progress[-1] == (model.card.size_bytes, model.card.size_bytes)
    assert progress == sorted(progress)
    assert check_model(model).outputs == {"de-en": (SOURCE, TARGET)}


@pytest.mark.usefixtures("repository")
def test_fetch_by_hub_id_without_a_card() -> None:
    model = fetch_model(HUB_ID)
    assert (model.card.name, model.card.origin) == ("acme-opus-mt-de-en", HUB_ID)
    assert model.card.directions == (DE_EN,)
    assert model.card.licence == "apache-2.0"
    assert model.card.rank == 0


@pytest.mark.usefixtures("card")
def test_fetch_by_hub_id_finds_the_card() -> None:
    assert fetch_model(HUB_ID).card.name == NAME


def test_directions_may_be_given(repository: Repository, stand_in: StandIn) -> None:
    stand_in.repositories = {"acme/news": repository}
    with pytest.raises(ConfigError, match="doesn't say") as caught:
        fetch_model("acme/news")
    assert "--direction" in (caught.value.hint or "")
    assert fetch_model("acme/news", directions=[DE_EN]).card.directions == (DE_EN,)


@pytest.mark.usefixtures("card")
def test_directions_against_the_card() -> None:
    with pytest.raises(ConfigError, match="says its card"):
        fetch_model(NAME, directions=[DE_EN.reversed])


@pytest.mark.parametrize(
    ("name", "tags", "expected"),
    [
        ("opus-mt-de-en", [], "de-en"),
        ("opus-mt-tc-big-fr-en", ["x"], "fr-en"),
        ("opus-mt-deu-eng", [], "de-en"),
        ("opus-mt-en-ROMANCE", [">>fr<<", ">>es<<"], "en-fr"),
        ("x-deu_eng_fra_por_spa-gmw", [">>deu<<", ">>eng<<", ">>nld<<"], "de-en en-de fr-de fr-en"),
        ("x-de-deu_eng", [], "de-en"),
        ("opus-mt-de-es", [], ""),
        ("opus-mt-gmw-gmw", [">>deu<<"], ""),
        ("news", [">>deu<<"], ""),
        ("", [], ""),
    ],
)
def test_directions_of(name: str, tags: list[str], expected: str) -> None:
    assert " ".join(map(str, directions_of(name, tags))) == expected


HOSTILE = ["../../evil.json", "/etc/passwd", "modeling.py", "config.json/../../up", "..\\evil.bin"]


@pytest.mark.usefixtures("card")
def test_nothing_else_is_asked_for(
    repository: Repository, stand_in: StandIn, tmp_path: Path
) -> None:
    repository.listed = dict.fromkeys(HOSTILE, 10)
    repository.files |= {"tf_model.h5": b"tf", "README.md": b"readme", "pytorch_model.bin": b"x"}
    fetch_model(NAME)
    asked = {path.rsplit("/", 1)[-1] for _, path, _ in stand_in.requests if "/resolve/" in path}
    assert asked == set(FILES)
    assert not list(tmp_path.rglob("*evil*"))


@pytest.mark.usefixtures("card")
def test_broken_fetch_is_not_installed_and_goes_on_later(
    repository: Repository, stand_in: StandIn
) -> None:
    repository.cuts["model.safetensors"] = [5_000] + [0] * 1000
    with pytest.raises(ModelError, match="can't be reached"):
        fetch_model(NAME)
    assert installed(NAME) is None
    assert _left_over() == [NAME]
    repository.cuts.clear()
    fetch_model(NAME)
    assert installed(NAME) is not None
    assert len(stand_in.downloads("source.spm")) == 1
    assert _left_over() == []


@pytest.mark.usefixtures("card")
def test_cut_connection_is_taken_up(repository: Repository, stand_in: StandIn) -> None:
    repository.cuts["model.safetensors"] = [5_000]
    fetch_model(NAME)
    assert stand_in.downloads("model.safetensors") == [None, "bytes=5000-"]


@pytest.mark.usefixtures("card", "repository")
def test_leftovers_are_cleaned_up() -> None:
    for folder in (NAME, f"{NAME}.old"):
        left = models_directory() / ".partial" / folder / "ctranslate2" / "int8"
        left.mkdir(parents=True)
        (left.parent.parent / "pytorch_model.bin").write_bytes(b"left behind")
    model = fetch_model(NAME)
    assert _left_over() == []
    assert not (model.directory / "pytorch_model.bin").exists()


@pytest.mark.usefixtures("card")
@pytest.mark.parametrize("name", ["model.safetensors", "vocab.json"])
def test_file_changed_on_the_way(repository: Repository, name: str) -> None:
    repository.delivered[name] = repository.files[name][:-1] + b"!"
    with pytest.raises(ModelCorrupt, match="is damaged"):
        fetch_model(NAME)
    assert installed(NAME) is None
    assert _left_over() == []


def test_file_that_isnt_the_cards(repository: Repository) -> None:
    write_tiny_card(sha256={"model.safetensors": "0" * 64})
    with pytest.raises(ModelCorrupt, match="isn't the file that the card"):
        fetch_model(NAME)
    assert installed(NAME) is None
    # Asked for another revision than the card's, its checksums don't count.
    fetch_model(NAME, revision=repository.commit)


@pytest.mark.usefixtures("card")
@pytest.mark.parametrize("name", ["source.spm", "vocab.json", "model.safetensors"])
def test_missing_file(repository: Repository, name: str) -> None:
    del repository.files[name]
    with pytest.raises(ModelCorrupt, match=f"it lacks {name}"):
        fetch_model(NAME)
    assert installed(NAME) is None


@pytest.mark.usefixtures("card")
@pytest.mark.parametrize(
    ("config", "message"),
    [
        (b'{"model_type": "llama", "auto_map": {"AutoModel": "x.Y"}}', "of type 'llama'"),
        (b"{}", "config.json says nothing"),
        (b"[1]", "config.json says nothing"),
        (b"\xff\x00", "config.json says nothing"),
        (b"[" * 100_000, "config.json says nothing"),
        (None, "lacks config.json"),
    ],
    ids=["other", "empty", "list", "binary", "deep", "none"],
)
def test_not_a_marian_model(
    repository: Repository, stand_in: StandIn, config: bytes | None, message: str
) -> None:
    if config is None:
        del repository.files["config.json"]
    else:
        repository.files["config.json"] = config
    with pytest.raises(ModelCorrupt, match=message):
        fetch_model(NAME)
    assert stand_in.downloads("model.safetensors") == []
    assert installed(NAME) is None


@pytest.mark.usefixtures("card")
def test_damaged_weights_with_the_right_checksum(repository: Repository) -> None:
    repository.files["model.safetensors"] = b"not safetensors" * 100
    with pytest.raises(ModelCorrupt, match="no safetensors file"):
        fetch_model(NAME)
    assert installed(NAME) is None


@pytest.fixture
def pickled(repository: Repository, tmp_path: Path) -> Repository:
    """The same repository with its weights as torch has them in memory, pickled."""
    torch = pytest.importorskip("torch")
    from transformers import MarianMTModel

    state = MarianMTModel.from_pretrained(tiny_marian()).state_dict()
    assert "lm_head.weight" in state
    torch.save(state, tmp_path / "pickle")
    del repository.files["model.safetensors"]
    repository.files["pytorch_model.bin"] = (tmp_path / "pickle").read_bytes()
    return repository


@pytest.mark.usefixtures("card", "pickled")
def test_pickle_is_rewritten_as_safetensors() -> None:
    from safetensors.numpy import load_file

    notices: list[str] = []
    model = fetch_model(NAME, on_notice=notices.append)
    assert any("only a pickle" in notice for notice in notices)
    assert not list(models_directory().rglob("*.bin.*"))
    assert not list(models_directory().rglob("pytorch_model.bin"))
    rewritten = load_file(model.directory / "model.safetensors")
    saved_by_transformers = load_file(tiny_marian() / "model.safetensors")
    assert set(rewritten) == set(saved_by_transformers)
    for name, value in rewritten.items():
        assert (value == saved_by_transformers[name]).all(), name


@pytest.mark.usefixtures("card", "pickled")
def test_pickle_without_torch(stand_in: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(module: str, *, extra: str) -> None:
        raise DependencyMissing(f"{module} isn't installed", hint=f"pip install 'mtpipe[{extra}]'")

    monkeypatch.setattr(fetching, "require", missing)
    with pytest.raises(DependencyMissing, match="torch"):
        fetch_model(NAME)
    assert stand_in.downloads("pytorch_model.bin") == []


class _Malicious:
    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, (str(self.trace),)


@pytest.mark.usefixtures("card")
def test_malicious_pickle_is_not_run(pickled: Repository, tmp_path: Path) -> None:
    import torch

    trace = tmp_path / "executed"
    torch.save({"model.shared.weight": _Malicious(trace)}, tmp_path / "pickle")
    pickled.files["pytorch_model.bin"] = (tmp_path / "pickle").read_bytes()
    with pytest.raises(ModelCorrupt, match="was not loaded"):
        fetch_model(NAME)
    assert not trace.exists()
    assert installed(NAME) is None
    assert _left_over() == []


def test_untrained_model_is_refused(stand_in: StandIn) -> None:
    stand_in.repositories["acme/noise-de-en"] = Repository(contents(tiny_marian(trained=False)))
    with pytest.raises(ModelCorrupt, match="is broken") as caught:
        fetch_model("acme/noise-de-en")
    assert "transformers" in (caught.value.hint or "")
    assert installed("noise-de-en") is None
    assert _left_over() == []


@pytest.mark.usefixtures("repository")
def test_model_without_the_wanted_words_is_refused() -> None:
    write_tiny_card(smoke_test={"de-en": [SOURCE, "house"]})
    with pytest.raises(ModelCorrupt, match="none of the words house"):
        fetch_model(NAME)


@pytest.mark.usefixtures("card")
def test_installed_already(repository: Repository, stand_in: StandIn) -> None:
    first = fetch_model(NAME)
    stand_in.requests.clear()
    notices: list[str] = []
    assert fetch_model(NAME, on_notice=notices.append) == first
    assert fetch_model(NAME, revision=repository.commit) == first
    assert stand_in.requests == []
    assert "already installed" in notices[0]
    with pytest.raises(ModelError, match="is installed at revision cccc") as caught:
        fetch_model(NAME, revision="main")
    assert "--force" in (caught.value.hint or "")


@pytest.mark.usefixtures("card")
def test_first_commit_is_pinned(repository: Repository) -> None:
    first = fetch_model(NAME)
    repository.commit = "d" * 40
    with pytest.raises(ModelNotFound, match="no revision cccc"):
        fetch_model(NAME, force=True)
    assert installed(NAME) == first
    assert fetch_model(NAME, force=True, revision="main").card.revision == "d" * 40
    assert _left_over() == []


@pytest.mark.usefixtures("card")
def test_changed_content_of_a_pinned_commit(repository: Repository) -> None:
    first = fetch_model(NAME)
    config = json.loads(repository.files["config.json"])
    repository.files["config.json"] = json.dumps(config | {"num_beams": 7}).encode()
    with pytest.raises(ModelCorrupt, match="isn't the file that the card"):
        fetch_model(NAME, force=True)
    first.verify()
    assert installed(NAME) == first


@pytest.mark.parametrize(
    ("name", "error", "message"),
    [
        ("tiny-de-em", ModelNotFound, "no model is called"),
        ("acme/nothing", ModelNotFound, "has no model acme/nothing"),
        ("../../etc", ModelNotFound, "no model is called"),
        ("starter", ModelError, "comes with mtpipe"),
    ],
)
@pytest.mark.usefixtures("card")
def test_nothing_to_fetch(name: str, error: type[ModelError], message: str) -> None:
    with pytest.raises(error, match=message):
        fetch_model(name)


@pytest.mark.usefixtures("card")
def test_near_name_is_suggested() -> None:
    with pytest.raises(ModelNotFound) as caught:
        fetch_model("tiny-de-em")
    assert caught.value.hint == f"did you mean {NAME}?"


@pytest.mark.usefixtures("card")
def test_home_that_cant_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("MTPIPE_HOME", str(tmp_path / "file"))
    with pytest.raises(OutputError, match="can't be stored"):
        fetch_model(HUB_ID)


def _swapped(vocabulary: bytes) -> bytes:
    """As many tokens as before, each under another one's number."""
    ids: dict[str, int] = json.loads(vocabulary)
    kept = {token: ids.pop(token) for token in ("</s>", "<unk>", "<pad>")}
    numbers = list(ids.values())
    turned = dict(zip(ids, [*numbers[7:], *numbers[:7]], strict=True))
    return json.dumps(kept | turned).encode()


@pytest.mark.parametrize("with_card", [True, False], ids=["with a card", "without"])
def test_vocabulary_of_another_model_is_refused(repository: Repository, with_card: bool) -> None:
    repository.files["vocab.json"] = _swapped(repository.files["vocab.json"])
    if with_card:
        write_tiny_card()
    with pytest.raises(ModelCorrupt, match="is broken") as caught:
        fetch_model(HUB_ID)
    assert "vocabulary of another model" in (caught.value.hint or "")
    assert installed(NAME) is None
    assert _left_over() == []


@pytest.mark.usefixtures("card")
def test_vocabulary_of_another_size_is_refused(repository: Repository) -> None:
    ids = json.loads(repository.files["vocab.json"])
    repository.files["vocab.json"] = json.dumps({**ids, "more": len(ids)}).encode()
    with pytest.raises(ModelCorrupt, match=r"the vocabulary has \d+ tokens, the encoder \d+"):
        fetch_model(NAME)
    assert installed(NAME) is None


def test_every_direction_of_the_card_is_tried(repository: Repository) -> None:
    """The model knows de-en only, and its card says more."""
    write_tiny_card(directions=(DE_EN, DE_EN.reversed))
    with pytest.raises(ModelCorrupt, match="its en-de translation of"):
        fetch_model(NAME)
    assert installed(NAME) is None


@pytest.mark.usefixtures("card")
@pytest.mark.parametrize(
    ("change", "message", "downloads"),
    [
        ({"encoder_layers": 10**9}, "it has 1 encoder layers, not 1,000,000,000", 1),
        ({"vocab_size": 10}, "share a table", 1),
        # What the config alone tells costs no download.
        ({"encoder_attention_heads": 0}, "encoder_attention_heads is 0", 0),
        ({"d_model": [32]}, r"d_model is \[32\]", 0),
        ({"max_position_embeddings": -1}, "max_position_embeddings is -1", 0),
    ],
    ids=str,
)
def test_config_of_other_sizes_is_refused(
    repository: Repository,
    stand_in: StandIn,
    change: dict[str, object],
    message: str,
    downloads: int,
) -> None:
    config = json.loads(repository.files["config.json"])
    repository.files["config.json"] = json.dumps(config | change).encode()
    with pytest.raises(ModelCorrupt, match=message):
        fetch_model(NAME)
    assert installed(NAME) is None
    assert len(stand_in.downloads("model.safetensors")) == downloads


@pytest.mark.usefixtures("card")
def test_bfloat16_is_converted(repository: Repository) -> None:
    torch = pytest.importorskip("torch")
    from safetensors.torch import load, save

    weights = load(repository.files["model.safetensors"])
    halves = {name: value.to(torch.bfloat16) for name, value in weights.items()}
    repository.files["model.safetensors"] = save(halves, metadata={"format": "pt"})
    assert check_model(fetch_model(NAME)).outputs == {"de-en": (SOURCE, TARGET)}


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        (["license:apache-2.0", "license:mit"], "apache-2.0"),
        (["region:us", "license:cc-by-4.0"], "cc-by-4.0"),
        (["license:\x1b]0;owned\x07mit"], "unknown"),
        (["license:\x1b[31mmit", "license:mit"], "mit"),
        (["license:mit\n"], "unknown"),
        (["license:" + "x" * 10_000], "unknown"),
        (["license:\u202etim"], "unknown"),
        (["license:"], "unknown"),
        ([], "unknown"),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_licence_is_an_identifier(repository: Repository, tags: list[str], expected: str) -> None:
    repository.tags = tags
    assert fetch_model(HUB_ID).card.licence == expected
