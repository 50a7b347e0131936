"""No module imports itself over others, not even inside functions; nor do the rooms."""

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

import mtpipe

PACKAGE = Path(__file__).parent.parent / "mtpipe"
Graph = dict[str, set[str]]


def module_name(path: Path) -> str:
    """``mtpipe/engines/base.py`` -> ``mtpipe.engines.base``."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def named(node: ast.AST) -> Iterator[str]:
    """What an import statement names, as precisely as it says."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        for alias in node.names:
            if node.module == "mtpipe" and alias.name in mtpipe._PUBLIC:
                yield mtpipe._PUBLIC[alias.name]  # a public name stands for its module
            else:
                yield f"{node.module}.{alias.name}"


def is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)


def statements(tree: ast.AST, *, functions: bool) -> Iterator[ast.AST]:
    """All nodes that are run: those for type checkers only never are."""
    children = tree.orelse if is_type_checking(tree) else ast.iter_child_nodes(tree)  # type: ignore[attr-defined]
    for node in children:
        if functions or not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node
            yield from statements(node, functions=functions)


def module_of(name: str) -> str:
    """The module of mtpipe that a dotted name is, or is in; empty for others."""
    while name and name not in MODULES:
        name = name.rpartition(".")[0]
    return name


def imports(*, functions: bool) -> Graph:
    """Each module, and which others it imports."""
    return {
        name: {
            module_of(target)
            for node in statements(ast.parse(path.read_text(encoding="utf-8")), functions=functions)
            for target in named(node)
        }
        - {"", name}
        for name, path in MODULES.items()
    }


def rooms(graph: Graph, depth: int) -> Graph:
    """The same of packages: ``mtpipe.engines`` at a depth of 2."""
    found: Graph = {}
    for name, targets in graph.items():
        room = ".".join(name.split(".")[:depth])
        others = {".".join(target.split(".")[:depth]) for target in targets}
        found.setdefault(room, set()).update(others - {room})
    return found


def circles(graph: Graph) -> set[frozenset[str]]:
    """Strongly connected components of more than one node (Tarjan 1972)."""
    numbers: dict[str, int] = {}
    lowest: dict[str, int] = {}
    stack: list[str] = []
    found: set[frozenset[str]] = set()

    def visit(node: str) -> None:
        numbers[node] = lowest[node] = len(numbers)
        stack.append(node)
        for other in graph.get(node, ()):
            if other not in numbers:
                visit(other)
                lowest[node] = min(lowest[node], lowest[other])
            elif other in stack:
                lowest[node] = min(lowest[node], numbers[other])
        if lowest[node] == numbers[node]:
            start = stack.index(node)
            if len(stack) - start > 1:
                found.add(frozenset(stack[start:]))
            del stack[start:]

    for node in graph:
        if node not in numbers:
            visit(node)
    return found


def shown(found: Iterable[frozenset[str]]) -> list[str]:
    return sorted(" <-> ".join(sorted(circle)) for circle in found)


def test_modules_do_not_import_each_other_while_they_are_loaded() -> None:
    assert shown(circles(imports(functions=False))) == []


def test_modules_do_not_import_each_other_inside_functions() -> None:
    assert shown(circles(imports(functions=True))) == []


@pytest.mark.parametrize("depth", [2, 3])
def test_rooms_do_not_import_each_other(depth: int) -> None:
    graph = imports(functions=True)
    graph.pop("mtpipe")  # its public names lead into all rooms
    assert shown(circles(rooms(graph, depth))) == []


CASES: dict[str, tuple[Graph, set[str]]] = {
    "none": ({"a": {"b"}, "b": {"c"}, "c": set()}, set()),
    "two": ({"a": {"b"}, "b": {"a"}}, {"ab"}),
    "three beside one": ({"a": {"b"}, "b": {"c"}, "c": {"a", "d"}, "d": set()}, {"abc"}),
    "two circles": ({"a": {"b"}, "b": {"a", "c"}, "c": {"d"}, "d": {"c"}}, {"ab", "cd"}),
}
"""Who imports whom, and the circles in it."""


@pytest.mark.parametrize("case", CASES)
def test_circles_are_found(case: str) -> None:
    graph, expected = CASES[case]
    assert circles(graph) == {frozenset(circle) for circle in expected}


def test_what_only_type_checkers_see_is_left_out() -> None:
    tree = ast.parse("if TYPE_CHECKING:\n    import a\nelse:\n    import b\ndef f():\n    import c")
    names = [name for node in statements(tree, functions=True) for name in named(node)]
    assert names == ["b", "c"]
    names = [name for node in statements(tree, functions=False) for name in named(node)]
    assert names == ["b"]
