import errno
from pathlib import Path

import pytest

from mtpipe.errors import ConfigError, ModelCorrupt, ModelError, ModelNotFound, OutputError
from mtpipe.models.hub import Hub, is_commit, is_hub_id
from tests.models.hub_server import Repository, StandIn

NAME = "acme/opus-mt-de-en"
WEIGHTS = bytes(range(256)) * 400
MAX = 10**6


@pytest.fixture
def repository(stand_in: StandIn) -> Repository:
    held = Repository({"config.json": b'{"model_type": "marian"}', "model.safetensors": WEIGHTS})
    stand_in.repositories[NAME] = held
    return held


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Helsinki-NLP/opus-mt-de-en", True),
        ("a/b", True),
        ("opus-mt-de-en", False),
        ("../etc/passwd", False),
        ("a/..", False),
        ("a/b/c", False),
        ("a/b--c", False),
        ("a/.hidden", False),
        ("a/b\n", False),
        ("a/bé", False),
        ("http://a/b", False),
        ("a/" + "b" * 97, False),
    ],
)
def test_hub_id(text: str, expected: bool) -> None:
    assert is_hub_id(text) is expected


@pytest.mark.parametrize(
    ("revision", "expected"), [("c" * 40, True), ("main", False), ("c" * 39, False)]
)
def test_commit(revision: str, expected: bool) -> None:
    assert is_commit(revision) is expected


def test_snapshot(repository: Repository) -> None:
    snapshot = Hub().snapshot(NAME, "main")
    assert snapshot.commit == repository.commit
    assert snapshot.licence == "apache-2.0"
    assert set(snapshot.files) == set(repository.files)
    weights, config = snapshot.files["model.safetensors"], snapshot.files["config.json"]
    assert weights.size == len(WEIGHTS)
    assert weights.sha256
    assert not weights.git_sha1
    assert config.git_sha1
    assert not config.sha256


def test_download_counts_bytes_and_keeps_what_is_there(
    repository: Repository,
    stand_in: StandIn,
    tmp_path: Path,
) -> None:
    hub, received = Hub(), []
    snapshot = hub.snapshot(NAME, "main")
    for _ in range(2):
        path = hub.download(
            snapshot, "model.safetensors", tmp_path, max_bytes=MAX, received=received.append
        )
        assert path.read_bytes() == WEIGHTS
        assert sum(received) == len(WEIGHTS)
        received.clear()
    assert len(stand_in.downloads("model.safetensors")) == 1


@pytest.mark.parametrize("cuts", [[1000], [1000, 0, 50_000, 0]], ids=["once", "again-and-again"])
def test_broken_connection_is_resumed(
    repository: Repository,
    stand_in: StandIn,
    tmp_path: Path,
    cuts: list[int],
) -> None:
    repository.cuts["model.safetensors"] = list(cuts)
    received: list[int] = []
    hub = Hub()
    snapshot = hub.snapshot(NAME, "main")
    path = hub.download(
        snapshot, "model.safetensors", tmp_path, max_bytes=MAX, received=received.append
    )
    assert path.read_bytes() == WEIGHTS
    assert sum(received) == len(WEIGHTS)
    assert "bytes=1000-" in stand_in.downloads("model.safetensors")


def test_connection_that_stays_broken(repository: Repository, tmp_path: Path) -> None:
    repository.cuts["model.safetensors"] = [1000] + [0] * 1000
    hub = Hub()
    snapshot = hub.snapshot(NAME, "main")
    with pytest.raises(ModelError, match="can't be reached") as caught:
        hub.download(snapshot, "model.safetensors", tmp_path, max_bytes=MAX)
    assert not isinstance(caught.value, ModelCorrupt)
    assert not (tmp_path / "model.safetensors").exists()


@pytest.mark.parametrize(
    ("delivered", "message"),
    [
        (WEIGHTS[:-1] + b"!", "sha256 differs"),
        (WEIGHTS[:-1], "doesn't have the size"),
        (WEIGHTS + b"!", "longer than the hub states"),
    ],
    ids=["changed", "shorter", "longer"],
)
def test_damaged_large_file(
    repository: Repository, tmp_path: Path, delivered: bytes, message: str
) -> None:
    repository.delivered["model.safetensors"] = delivered
    hub = Hub()
    with pytest.raises(ModelCorrupt, match=message):
        hub.download(hub.snapshot(NAME, "main"), "model.safetensors", tmp_path, max_bytes=MAX)
    assert not (tmp_path / "model.safetensors").exists()


def test_damaged_small_file(repository: Repository, tmp_path: Path) -> None:
    repository.delivered["config.json"] = b'{"model_type": "maRian"}'
    hub = Hub()
    with pytest.raises(ModelCorrupt, match="hash differs"):
        hub.download(hub.snapshot(NAME, "main"), "config.json", tmp_path, max_bytes=MAX)
    assert not (tmp_path / "config.json").exists()


def test_too_large_a_file_is_refused_unfetched(
    repository: Repository,
    stand_in: StandIn,
    tmp_path: Path,
) -> None:
    hub = Hub()
    snapshot = hub.snapshot(NAME, "main")
    with pytest.raises(ModelCorrupt, match="more than"):
        hub.download(snapshot, "model.safetensors", tmp_path, max_bytes=1000)
    assert stand_in.downloads("model.safetensors") == []


def test_file_that_is_listed_but_lost(repository: Repository, tmp_path: Path) -> None:
    repository.lost.add("model.safetensors")
    hub = Hub()
    with pytest.raises(ModelCorrupt, match="lists a file"):
        hub.download(hub.snapshot(NAME, "main"), "model.safetensors", tmp_path, max_bytes=MAX)


@pytest.mark.parametrize(
    ("refusal", "error", "message"),
    [
        ((401, "GatedRepo"), ModelNotFound, "accept terms"),
        ((403, "GatedRepo"), ModelNotFound, "accept terms"),
        ((401, "RepoNotFound"), ModelNotFound, "has no model"),
        ((404, "RepoNotFound"), ModelNotFound, "has no model"),
        ((403, ""), ModelError, "HTTP status 403"),
        ((503, ""), ModelError, "HTTP status 503"),
    ],
)
def test_refusals(
    repository: Repository, refusal: tuple[int, str], error: type[ModelError], message: str
) -> None:
    repository.refusal = refusal
    with pytest.raises(error, match=message):
        Hub().snapshot(NAME, "main")


def test_transient_refusal_is_tried_again(
    repository: Repository,
    stand_in: StandIn,
) -> None:
    repository.refusal = (503, "")
    with pytest.raises(ModelError):
        Hub().snapshot(NAME, "main")
    assert len(stand_in.requests) == 3


@pytest.mark.usefixtures("stand_in")
def test_unknown_repository() -> None:
    with pytest.raises(ModelNotFound, match="has no model acme/nothing"):
        Hub().snapshot("acme/nothing", "main")


def test_unknown_revision(repository: Repository) -> None:
    with pytest.raises(ModelNotFound, match="no revision v9"):
        Hub().snapshot(NAME, "v9")


def test_other_commit_than_asked_for(repository: Repository) -> None:
    wanted = repository.commit
    hub = Hub()
    assert hub.snapshot(NAME, wanted).commit == wanted
    repository.commit = "not a hash"
    with pytest.raises(ModelCorrupt, match="answers with commit"):
        hub.snapshot(NAME, "main")


@pytest.mark.parametrize("revision", ["", "..", "a/../b", "-x", "a b", "x" * 200])
def test_revision_of_a_wrong_form(repository: Repository, revision: str) -> None:
    with pytest.raises(ConfigError, match="is no revision"):
        Hub().snapshot(NAME, revision)


def test_offline(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(ModelError, match="HF_HUB_OFFLINE"):
        Hub().snapshot(NAME, "main")


def test_nobody_there(stand_in: StandIn) -> None:
    with pytest.raises(ModelError, match="can't be reached"):
        Hub("http://127.0.0.1:9").snapshot(NAME, "main")


def test_answer_that_is_no_hubs(repository: Repository, stand_in: StandIn) -> None:
    repository.tags = 3  # type: ignore[assignment]
    with pytest.raises(ModelError, match="isn't a hub's"):
        Hub().snapshot(NAME, "main")


@pytest.mark.usefixtures("repository")
def test_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import huggingface_hub

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    hub = Hub()
    snapshot = hub.snapshot(NAME, "main")
    monkeypatch.setattr(huggingface_hub, "hf_hub_download", full)
    with pytest.raises(OutputError, match="No space left") as caught:
        hub.download(snapshot, "config.json", tmp_path, max_bytes=MAX)
    assert "MTPIPE_HOME" in (caught.value.hint or "")
