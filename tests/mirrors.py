"""Which tests belong to a file: ``make check FILE=mtpipe/config.py`` runs them.

A module's own tests are those that mirror its path. A module without any has those that import it,
or else those of the modules that import it.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
_OF_OTHERS = {"docs": "tests/test_docs.py", "README.md": "tests/test_docs.py"}
_MOST = 2
"""Test files that are enough."""


def mirrors_of(file: Path) -> list[Path]:
    """The test files that belong to a file, all by their paths in the repository."""
    first = file.parts[0]
    if first == "tests":
        return [file] if file.name.startswith("test_") else []
    if first != "mtpipe":
        return [Path(_OF_OTHERS[first])] if first in _OF_OTHERS else []
    seen, modules = {file}, [file]
    while modules:
        if found := dict.fromkeys(test for module in modules for test in _own_tests(module)):
            return list(found)[:_MOST]
        users = [user for module in modules for user in _importers(module, "mtpipe", "*.py")]
        modules = [user for user in dict.fromkeys(users) if user not in seen]
        seen.update(modules)
    return []


def _own_tests(module: Path) -> list[Path]:
    return list(_by_name(module)) or _importers(module, "tests", "test_*.py")


def _by_name(module: Path) -> Iterator[Path]:
    """``mtpipe/engines/cache.py`` -> ``tests/engines/test_cache.py``."""
    folder = Path("tests", *module.parent.parts[1:])
    if module.stem == "__init__":
        name = module.parent.name if len(module.parts) > 2 else "public_api"
        places = [folder / f"test_{name}.py", folder.parent / f"test_{name}.py"]
    else:
        parts = sorted((ROOT / folder).glob(f"test_{module.stem}_*.py"))
        places = [folder / f"test_{module.stem}.py", *(path.relative_to(ROOT) for path in parts)]
    yield from (path for path in places if (ROOT / path).is_file())


def _importers(module: Path, folder: str, pattern: str) -> list[Path]:
    """Files that import a module, those of the folder that mirrors its own first."""
    dotted = ".".join(module.with_suffix("").parts).removesuffix(".__init__")
    package, _, name = dotted.rpartition(".")
    wanted = re.compile(
        rf"from {dotted} import|import {dotted}\n|from {package} import (\([^)]*|[^\n(]*)\b{name}\b"
    )
    found = [
        path.relative_to(ROOT)
        for path in sorted((ROOT / folder).rglob(pattern))
        if wanted.search(path.read_text(encoding="utf-8"))
    ]
    own = Path(folder, *module.parent.parts[1:])
    return sorted(found, key=lambda path: path.parent != own)


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        for test in mirrors_of(Path(argument).resolve().relative_to(ROOT.resolve())):
            sys.stdout.write(f"{test}\n")
