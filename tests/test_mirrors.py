"""The tests that belong to a file are found."""

from pathlib import Path

import pytest

from tests.mirrors import ROOT, mirrors_of


@pytest.mark.parametrize(
    ("file", "tests"),
    [
        ("mtpipe/config.py", ["tests/test_config.py"]),
        ("mtpipe/__init__.py", ["tests/test_public_api.py"]),
        ("mtpipe/types/__init__.py", ["tests/test_types.py"]),
        ("mtpipe/sentences.py", ["tests/test_sentences.py"]),
        ("mtpipe/cli/align.py", ["tests/cli/test_align.py"]),
        ("tests/test_config.py", ["tests/test_config.py"]),
        ("tests/fakes.py", []),
        ("docs/detect.md", ["tests/test_docs.py"]),
        ("README.md", ["tests/test_docs.py"]),
        ("Makefile", []),
    ],
)
def test_the_tests_of_a_file_are_found(file: str, tests: list[str]) -> None:
    assert mirrors_of(Path(file)) == list(map(Path, tests))


def test_every_module_of_a_room_has_tests() -> None:
    modules = [path.relative_to(ROOT) for path in (ROOT / "mtpipe" / "ingest").rglob("*.py")]
    assert [path for path in modules if not mirrors_of(path)] == []
