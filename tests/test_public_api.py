"""What the package shows to the outside is what it means to show."""

import mtpipe
from mtpipe import errors, types


def test_all_is_complete() -> None:
    # ruff keeps it sorted (RUF022).
    for module in (mtpipe, errors, types):
        names = list(module.__all__)
        assert len(names) == len(set(names))
        assert all(hasattr(module, name) for name in names)


def test_every_error_is_exported_and_has_an_exit_code() -> None:
    raised = {
        name
        for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, Exception)
    }
    assert raised <= set(errors.__all__)
    for name in raised - {"MtpipeError"}:
        assert getattr(errors, name).exit_code in (3, 4, 5, 7)
        assert name in (errors.__doc__ or "")
