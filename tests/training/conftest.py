import pytest

from tests.training import toys


@pytest.fixture(scope="session")
def tokenizer(tmp_path_factory):
    """A Marian tokenizer folder without tags."""
    return toys.write_tokenizer(tmp_path_factory.mktemp("tokenizer"))


@pytest.fixture(scope="session")
def tagged_tokenizer(tmp_path_factory):
    """The same with the tags >>deu<< and >>eng<<."""
    return toys.write_tokenizer(tmp_path_factory.mktemp("tagged"), tags=True)
