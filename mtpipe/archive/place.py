"""Where an archive is, and what goes wrong there."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from mtpipe.errors import ConfigError, InputError, MtpipeError
from mtpipe.files import locked_folder

# What lancedb and pyarrow raise; the latter three where damaged numbers and names lead nowhere.
_DATABASE_ERRORS = (OSError, RuntimeError, ValueError, LookupError, TypeError, ArithmeticError)
# Of the database, which is written in Rust; the first is none of Python's exceptions.
_PANICS = frozenset({"PanicException", "RustPanic"})
_REPAIR = (
    "if its files are damaged, restore them from a backup, or make a new archive of the pages: "
    "mtpipe archive add NEW PAGES..."
)
_CHECK = "check the place, its permissions and the free space"
_OBJECT_STORES = ("s3://", "s3+ddb://", "gs://", "az://", "abfss://", "memory://")


def check_place(uri: str, content: str, *, create: bool) -> None:
    """Refuse a place where no archive is or can be made; object storage isn't looked into.

    Args:
        uri: of the archive.
        content: the name in its folder by which an archive is known.
        create: whether one is to be made if there is none.

    Raises:
        InputError: there is none.
        ConfigError: the place holds something else, or is none.
    """
    if "://" in uri:
        if not uri.startswith(_OBJECT_STORES):
            raise ConfigError(
                f"{uri} is no place for an archive",
                hint="give a folder, or object storage as s3://bucket/path",
            )
        return
    path = Path(uri)
    if (path / content).is_dir():
        return
    if not create:
        raise no_archive(uri)
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise ConfigError(
            f"{uri} is no archive, and not empty",
            hint="name the archive first, and a new folder for a new one: "
            "mtpipe archive add ARCHIVE PAGES...",
        )


@contextmanager
def alone(uri: str, content: str) -> Iterator[None]:
    """Wait until nobody else writes to an archive, and keep others waiting until this is done.

    The database lets two add the same article at the same moment, and either may see the other
    merging its files as an error. Object storage and file systems without locks know none of this.

    Args:
        uri: of the archive.
        content: the name in its folder by which an archive is known.
    """
    if "://" in uri:
        yield
        return
    with locked_folder(Path(uri) / content, waits=True):
        yield


def no_archive(uri: str) -> InputError:
    """The error of a place without an archive."""
    return InputError(f"no archive in {uri}", hint=f"make one: mtpipe archive add {uri} PAGES...")


@contextmanager
def mapped(uri: str, kind: type[MtpipeError], what: str) -> Iterator[None]:
    """Turn the database's errors, which are Python's own types, into one of ours.

    Args:
        uri: of the archive.
        kind: of the error.
        what: couldn't be done: ``"can't read"``.
    """
    try:
        yield
    except MtpipeError:
        raise
    except BaseException as exc:
        is_panic = type(exc).__name__ in _PANICS
        if not is_panic and not isinstance(exc, _DATABASE_ERRORS):
            raise
        # The database appends where in its own source it happened.
        reason = str(exc).split(", /")[0].split("\n")[0][:300]
        raise kind(
            f"{what} the archive {uri}: {reason}",
            hint=_REPAIR if is_panic else f"{_CHECK}; {_REPAIR}",
        ) from exc


def damaged_place(uri: str, problem: str = "it has data, but no manifest") -> InputError:
    """The error of a place with the data of an archive, but without something it needs."""
    return InputError(f"the archive {uri} is damaged: {problem}", hint=_REPAIR)


def has_data(uri: str, content: str) -> bool:
    """Whether there are files with rows where an archive is, in a folder.

    Args:
        uri: of the archive.
        content: the name in its folder by which an archive is known.
    """
    if "://" in uri:
        return False
    return any(path.is_file() for path in (Path(uri) / content / "data").glob("*"))


def quoted(values: Iterable[str]) -> str:
    """Values as a list of SQL literals."""
    return ", ".join("'" + value.replace("'", "''") + "'" for value in values)
