"""What third parties raise arrives as an error of mtpipe, at the edge where they are called.

The exception classes of lancedb, huggingface_hub and ctranslate2 are listed as they are installed:
one that a new version adds has to be mapped, or explained below.
"""

import ast
import builtins
import importlib
from collections.abc import Iterator
from contextlib import AbstractContextManager
from functools import cache
from pathlib import Path

import pytest

from mtpipe.archive.place import mapped
from mtpipe.engines.base import map_engine_errors
from mtpipe.errors import InputError, MtpipeError
from mtpipe.models.hub import Hub

NEVER_RAISED = {
    "huggingface_hub": {
        "the command line of the hub, which mtpipe doesn't run": {
            "CLIError",
            "CLIExtensionInstallError",
            "ConfirmationError",
            "_GitHubRateLimitError",
        },
        "buckets, jobs, sandboxes and endpoints, which mtpipe doesn't use": {
            "BucketEventsUnavailable",
            "InferenceEndpointError",
            "SandboxCommandError",
            "SandboxError",
        },
        "the cache of the hub, which mtpipe doesn't use: files go to a folder of its own": {
            "CacheNotFound",
            "CachedRepoTreeNotFoundError",
            "CorruptedCacheException",
            "RevisionResolutionError",
        },
        "DDUF files and the hub's own reader of safetensors, which mtpipe doesn't use": {
            "DDUFCorruptedFileError",
            "DDUFError",
            "DDUFExportError",
            "DDUFInvalidEntryNameError",
            "NotASafetensorsRepoError",
            "SafetensorsParsingError",
        },
        "uploads": {"FileDuplicationError"},
        "interactive login; refreshing a token catches it": {"DeviceCodeError"},
        "base of two classes that are mapped, itself raised for buckets and tools only": {
            "EntryNotFoundError",
        },
        "checks of the dataclasses that a program defines itself": {
            "StrictDataclassClassValidationError",
            "StrictDataclassDefinitionError",
            "StrictDataclassError",
            "StrictDataclassFieldValidationError",
        },
        "left over from an earlier version; nothing raises it": {"XetDownloadError"},
    },
}
"""Classes that aren't mapped, by package and reason."""


def edge(package: str) -> AbstractContextManager[None]:
    """Where mtpipe calls a package and maps what it raises."""
    if package == "lancedb":
        return mapped("originals", InputError, "can't read")
    if package == "ctranslate2":
        return map_engine_errors()
    return Hub("https://hub.example")._mapped_errors("somebody/model", "main")


def classes_in(folder: Path) -> Iterator[tuple[Path, str, set[str]]]:
    """File, name and names of the bases of every class that a package's source defines."""
    for path in sorted(folder.rglob("*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef):
                yield path, node.name, {ast.unparse(base).split(".")[-1] for base in node.bases}


@cache
def exceptions_of(package: str) -> dict[str, type[BaseException]]:
    """Every exception class that a package defines, by name.

    They are looked for in its source, since to import all of a package takes long.
    """
    [folder] = pytest.importorskip(package).__path__
    classes = list(classes_in(Path(folder)))
    names = {name for name, kind in vars(builtins).items() if is_exception(kind)} | {"HTTPError"}
    while more := {name for _, name, bases in classes if bases & names} - names:
        names |= more
    found = {}
    for path, name, bases in classes:
        if bases & names:
            parts = path.relative_to(Path(folder).parent).with_suffix("").parts
            found[name] = getattr(importlib.import_module(".".join(parts)), name)
    return {name: kind for name, kind in found.items() if is_exception(kind)}


def is_exception(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseException)


def made(kind: type[BaseException]) -> BaseException:
    """An instance; some classes want the answer of a server to be made by their own rules."""
    try:
        return kind("something went wrong")
    except (TypeError, AttributeError):
        return kind.__new__(kind)


def explained(package: str) -> set[str]:
    """Names of the classes that need no mapping."""
    return set[str]().union(*NEVER_RAISED.get(package, {}).values())


def unmapped(package: str) -> set[str]:
    """Names of the classes that go through the edge as they are."""
    passed = set()
    for name, kind in exceptions_of(package).items():
        try:
            with edge(package):
                raise made(kind)
        except MtpipeError:
            pass
        except kind:
            passed.add(name)
    return passed


PACKAGES = ("ctranslate2", "huggingface_hub", "lancedb")


@pytest.mark.parametrize("package", PACKAGES)
def test_every_exception_is_mapped_or_explained(package: str) -> None:
    assert unmapped(package) - explained(package) == set()


def test_exceptions_are_found() -> None:
    assert {"HttpError", "MissingValueError"} <= exceptions_of("lancedb").keys()
    assert {"HfHubHTTPError", "OIDCError"} <= exceptions_of("huggingface_hub").keys()


def test_ctranslate2_has_no_exceptions_of_its_own() -> None:
    # What it raises are Python's own, translated from C++.
    assert exceptions_of("ctranslate2") == {}


@pytest.mark.parametrize(
    ("package", "kind"),
    [
        ("ctranslate2", IndexError),
        ("ctranslate2", MemoryError),
        ("ctranslate2", RuntimeError),
        ("ctranslate2", ValueError),
        ("huggingface_hub", ConnectionError),
        ("huggingface_hub", FileNotFoundError),
        ("huggingface_hub", KeyError),
        ("huggingface_hub", PermissionError),
        ("huggingface_hub", RuntimeError),  # of hf_xet, where its server can't be reached
        ("huggingface_hub", TypeError),
        ("huggingface_hub", ValueError),
        ("lancedb", KeyError),
        ("lancedb", OSError),
        ("lancedb", OverflowError),
        ("lancedb", RuntimeError),
        ("lancedb", TypeError),
        ("lancedb", ValueError),
    ],
)
def test_what_they_raise_of_pythons_own_is_mapped(package: str, kind: type[Exception]) -> None:
    with pytest.raises(MtpipeError), edge(package):
        raise kind("something went wrong")
