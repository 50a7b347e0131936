"""Which model a request gets; what is loaded for it is tested with the tasks."""

from pathlib import Path

import pytest

from mtpipe.web.settings import ServeSettings
from mtpipe.web.workers.tools import Tools


@pytest.mark.parametrize("own", ["auto", "starter", "/srv/models/ours"])
def test_what_names_no_model_gets_that_of_the_server(tmp_path: Path, own: str) -> None:
    tools = Tools(ServeSettings(home=tmp_path, model=own))
    assert {tools.model(name) for name in (None, "auto", own)} == {own}
