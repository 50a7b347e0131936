from typing import get_args, get_type_hints

import pytest

from mtpipe.cli import app
from mtpipe.cli.options import finite
from tests.cli.conftest import Run


def functions(group, names=()):
    for each in group.registered_commands:
        yield " ".join([*names, each.name or each.callback.__name__]), each.callback
    for each in group.registered_groups:
        yield from functions(each.typer_instance, (*names, each.name))


def kinds(hint):
    parts = get_args(hint)
    return {hint}.union(*map(kinds, parts)) if parts else {hint}


NUMBERS = [
    pytest.param(get_args(hint)[-1], id=f"{command} {name}")
    for command, function in functions(app)
    for name, hint in get_type_hints(function, include_extras=True).items()
    if get_args(hint) and float in kinds(get_args(hint)[0])
]


def test_numbers_are_found():
    assert len(NUMBERS) >= 10


@pytest.mark.parametrize("option", NUMBERS)
def test_every_number_is_to_be_finite(option):
    assert option.callback is finite


PRICE = "--price-per-hour"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["train", "-o", "run", "--data", "x.tsv", "--max-minutes", "nan"], "--max-minutes"),
        (["train", "-o", "run", "--data", "x.tsv", "--max-epochs", "inf"], "--max-epochs"),
        (["archive", "search", "a", "b", "--min-score", "nan"], "--min-score"),
        (["scale", "translate", "a", "--to", "en", "-o", "b", PRICE, "1", PRICE, "inf"], PRICE),
    ],
    ids=["minutes", "epochs", "score", "prices"],
)
def test_what_is_no_finite_number_is_wrong_usage(run: Run, arguments: list[str], told: str) -> None:
    code, _, err = run(*arguments)
    assert code == 2
    assert told in err
