"""The client of the Hugging Face hub: what a repository holds, and its files, verified.

Not here: which files make up a model, how they are converted and where they are installed
(:mod:`mtpipe.pipeline.models.fetching`). Nothing that could run is ever fetched; a file is fetched by a
name of ours, never by one of the listing's.
"""

import hashlib
import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from mtpipe.errors import ConfigError, ModelCorrupt, ModelError, ModelNotFound, OutputError
from mtpipe.models.cards import sha256_of

T = TypeVar("T")

PAUSES_S = (1.0, 3.0)
"""Waits before another attempt after the network failed."""

_PART = r"[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,94}[A-Za-z0-9_])?"
_HUB_ID = re.compile(rf"{_PART}/{_PART}", re.ASCII)
_REVISION = re.compile(r"[A-Za-z0-9][A-Za-z0-9_./-]{0,127}", re.ASCII)
_LICENCE_TAG = re.compile(r"license:[A-Za-z0-9][A-Za-z0-9 .+_-]{0,63}", re.ASCII)
_COMMIT = re.compile(r"[0-9a-f]{40}")
_TIMEOUT_S = 20.0


@dataclass(frozen=True)
class RemoteFile:
    """A file as the hub describes it.

    Attributes:
        name: path inside the repository.
        size: bytes.
        sha256: of its content; None for files that git holds itself.
        git_sha1: git's object id, the check of those.
    """

    name: str
    size: int
    sha256: str | None
    git_sha1: str | None


@dataclass(frozen=True)
class Snapshot:
    """A repository at one commit.

    Attributes:
        repository: hub id.
        commit: 40 hexadecimal digits.
        licence: the identifier that the repository states, or None.
        files: by name.
    """

    repository: str
    commit: str
    licence: str | None
    files: dict[str, RemoteFile]


def is_hub_id(text: str) -> bool:
    """Whether a text has the form ``organisation/name``, with nothing that could be a path."""
    return bool(_HUB_ID.fullmatch(text)) and ".." not in text and "--" not in text


def is_commit(revision: str) -> bool:
    """Whether a revision is a commit hash, so that it can't move."""
    return bool(_COMMIT.fullmatch(revision))


@contextmanager
def exclusive(lock: Path) -> Iterator[None]:
    """Hold a lock file; whoever comes second waits."""
    from huggingface_hub.utils import WeakFileLock  # type: ignore[attr-defined]

    with WeakFileLock(lock):
        yield


class Hub:
    """The hub at ``HF_ENDPOINT``, or huggingface.co.

    The user's ``HF_TOKEN`` or saved token is sent along, ``HF_HUB_OFFLINE`` is obeyed.

    Args:
        endpoint: another address than the environment's.
    """

    def __init__(self, endpoint: str | None = None) -> None:
        from huggingface_hub import HfApi

        # huggingface_hub reads the variable once, at import; here it counts at any time.
        self.endpoint = endpoint or os.environ.get("HF_ENDPOINT") or None
        self._api = HfApi(endpoint=self.endpoint, library_name="mtpipe")

    def snapshot(self, repository: str, revision: str) -> Snapshot:
        """Ask what a repository holds at a revision.

        Args:
            repository: hub id.
            revision: commit hash, branch or tag.

        Raises:
            ModelNotFound: there is no such repository or revision, or none that may be read.
            ModelCorrupt: the answer names another commit than the one asked for.
            ModelError: the hub can't be reached.
        """
        if not is_hub_id(repository):
            raise ConfigError(
                f"{repository!r} is no hub id", hint="write it as Helsinki-NLP/opus-mt-de-en"
            )
        if not _REVISION.fullmatch(revision) or ".." in revision:
            raise ConfigError(
                f"{revision!r} is no revision", hint="give a commit hash, a branch or a tag"
            )
        with self._mapped_errors(repository, revision):
            info = _persistently(
                lambda: self._api.model_info(
                    repository, revision=revision, files_metadata=True, timeout=_TIMEOUT_S
                )
            )
            files = [_remote_file(sibling) for sibling in info.siblings or []]
            tags = [tag for tag in info.tags or [] if _LICENCE_TAG.fullmatch(tag)]
            licences = [tag.removeprefix("license:") for tag in tags]
            commit = str(info.sha)
        if not is_commit(commit) or (is_commit(revision) and commit != revision):
            raise ModelCorrupt(
                f"the hub answers with commit {commit!r} of {repository} when asked for {revision}"
            )
        return Snapshot(
            repository, commit, licences[0] if licences else None, {f.name: f for f in files}
        )

    def download(
        self,
        snapshot: Snapshot,
        name: str,
        directory: Path,
        *,
        max_bytes: int,
        received: Callable[[int], None] = lambda _: None,
    ) -> Path:
        """Fetch one file and verify it; a file that is there already is only verified.

        A connection that breaks is taken up again where it broke.

        Args:
            snapshot: of the repository.
            name: of the file, one of the snapshot's.
            directory: gets the file, and the client's notes in ``.cache``.
            max_bytes: larger files are refused before a byte of them is fetched.
            received: gets the bytes of each piece; a negative number takes some back.

        Raises:
            ModelCorrupt: the size or the checksum isn't the one that the hub states.
            ModelError: the hub can't be reached.
            OutputError: the file can't be written.
        """
        from huggingface_hub import hf_hub_download

        remote = snapshot.files[name]
        if remote.size > max_bytes:
            raise ModelCorrupt(
                f"{snapshot.repository}: {name} has {remote.size / 1e6:.0f} MB, "
                f"more than the {max_bytes / 1e6:.0f} MB that mtpipe takes",
            )
        reported = 0

        def count(number: int) -> None:
            nonlocal reported
            reported += number
            received(number)

        with self._mapped_errors(snapshot.repository, snapshot.commit):
            _persistently(
                lambda: hf_hub_download(
                    snapshot.repository,
                    name,
                    revision=snapshot.commit,
                    local_dir=directory,
                    endpoint=self.endpoint,
                    library_name="mtpipe",
                    tqdm_class=_meter(remote, count),
                )
            )
        received(remote.size - reported)
        path = directory / name
        _verify(path, remote, snapshot.repository)
        return path

    @contextmanager
    def _mapped_errors(self, repository: str, revision: str) -> Iterator[None]:
        """Turn what the client raises into mtpipe's errors."""
        from huggingface_hub import errors as hub

        where = self.endpoint or "https://huggingface.co"
        try:
            yield
        except hub.OfflineModeIsEnabled as exc:
            raise ModelError(
                f"{repository} can't be fetched: HF_HUB_OFFLINE forbids the network",
                hint="unset HF_HUB_OFFLINE, or name a folder that holds the model: --model PATH",
            ) from exc
        except hub.GatedRepoError as exc:
            raise ModelNotFound(
                f"{repository} asks its users to accept terms first",
                hint=f"accept them at {where}/{repository}, then: hf auth login",
            ) from exc
        except hub.RepositoryNotFoundError as exc:
            raise ModelNotFound(
                f"{where} has no model {repository}, or none that you may read",
                hint="check the spelling; for a private model: hf auth login",
            ) from exc
        except hub.RevisionNotFoundError as exc:
            raise ModelNotFound(
                f"{repository} has no revision {revision}", hint="try --revision main"
            ) from exc
        except hub.RemoteEntryNotFoundError as exc:
            raise ModelCorrupt(
                f"{where} lists a file of {repository} that it then doesn't have",
                hint="try again later, or another --revision",
            ) from exc
        except (_network_error(), hub.LocalEntryNotFoundError, RuntimeError) as exc:
            # RuntimeError is what hf_xet makes of every trouble with its own server.
            raise _unreachable(where, exc) from exc
        except getattr(hub, "OIDCError", ()) as exc:  # earlier versions of the client have none
            raise ModelError(
                f"no token for {where} can be had from HF_OIDC_RESOURCE",
                hint="unset HF_OIDC_RESOURCE, or log in: hf auth login",
            ) from exc
        except OSError as exc:
            if exc.errno is None:
                # The client's own check: the connection ended early, or went on for too long.
                raise ModelCorrupt(
                    f"a file of {repository} doesn't have the size that {where} states",
                    hint="try again; a proxy may be changing downloads",
                ) from exc
            raise OutputError(
                f"the model can't be stored: {exc.strerror}",
                hint="free some space, or set MTPIPE_HOME to another disk",
            ) from exc
        except (ValueError, TypeError, KeyError, AttributeError) as exc:
            raise ModelError(
                f"the answer of {where} isn't a hub's",
                hint="check HF_ENDPOINT, and whether a proxy asks for a login",
            ) from exc


def _remote_file(sibling: Any) -> RemoteFile:
    lfs = sibling.lfs
    return RemoteFile(
        name=str(sibling.rfilename),
        size=int(lfs.size if lfs else sibling.size),
        sha256=str(lfs.sha256) if lfs else None,
        # For a file in large-file storage this is the pointer's, which checks nothing.
        git_sha1=None if lfs or sibling.blob_id is None else str(sibling.blob_id),
    )


def _persistently(action: Callable[[], T]) -> T:
    """Do something on the network, again after a pause if the network is what failed."""
    from huggingface_hub.errors import LocalEntryNotFoundError

    for pause_s in PAUSES_S:
        try:
            return action()
        except (_network_error(), LocalEntryNotFoundError) as exc:
            if _status(exc) not in (None, 408, 429, 500, 502, 503, 504):
                raise
            time.sleep(pause_s)
    return action()


def _network_error() -> type[Exception]:
    """The root of what the client's HTTP library raises, whichever version of it is there."""
    from huggingface_hub.errors import HTTPError  # type: ignore[attr-defined]

    return HTTPError


def _status(exc: BaseException) -> int | None:
    """The HTTP status behind an error; None if there wasn't even an answer."""
    response = getattr(exc, "response", None) or getattr(exc.__cause__, "response", None)
    return getattr(response, "status_code", None)


def _unreachable(where: str, exc: BaseException) -> ModelError:
    status = _status(exc)
    if status == 401:
        return ModelNotFound(f"{where} refuses the access token", hint="hf auth login")
    if status is not None:
        return ModelError(f"{where} answers with HTTP status {status}", hint="try again later")
    return ModelError(
        f"{where} can't be reached: {exc.__cause__ or exc}",
        hint="check the network, or HF_ENDPOINT; files that arrived whole are kept",
    )


def _meter(remote: RemoteFile, received: Callable[[int], None]) -> type[Any]:
    """A progress bar in the eyes of the client, which counts and refuses what is too much."""
    from huggingface_hub.utils import tqdm  # type: ignore[attr-defined]

    class Meter(tqdm):
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **{**options, "disable": True})  # type: ignore[no-untyped-call]
            self.bytes = int(options.get("initial") or 0)

        def update(self, n: float | None = 1) -> bool | None:
            self.bytes += int(n or 0)
            if self.bytes > remote.size:
                raise ModelCorrupt(f"{remote.name} is longer than the hub states")
            received(int(n or 0))
            return None

    return Meter


def _verify(path: Path, remote: RemoteFile, repository: str) -> None:
    """Compare a file with what the hub states.

    Raises:
        ModelCorrupt: it differs, or the hub states nothing to compare it with.
    """
    if path.stat().st_size != remote.size:
        problem = f"has {path.stat().st_size} bytes, not {remote.size}"
    elif remote.sha256:
        problem = "" if sha256_of(path) == remote.sha256 else "is damaged: its sha256 differs"
    elif remote.git_sha1:
        # Git's object id: a header, then the content.
        content = path.read_bytes()
        digest = hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False)
        problem = "" if digest.hexdigest() == remote.git_sha1 else "is damaged: its hash differs"
    else:
        problem = "comes without a checksum"
    if problem:
        path.unlink()
        raise ModelCorrupt(
            f"{repository}: {path.name} {problem}",
            hint="fetch it again; if it happens again, a proxy may be changing downloads",
        )
