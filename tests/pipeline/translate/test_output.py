from pathlib import Path

import pytest

from mtpipe.errors import OutputError
from mtpipe.pipeline.translate.output import opened_output
from mtpipe.types import Language
from mtpipe.types.choices import DocumentFormat


@pytest.mark.parametrize("form", [DocumentFormat.JSONL, DocumentFormat.HTML])
def test_where_nobody_may_look_nothing_can_be_written(
    monkeypatch: pytest.MonkeyPatch, form: DocumentFormat
) -> None:
    def forbidden(path: Path) -> bool:
        raise PermissionError(13, "Permission denied", path)

    for question in ("exists", "is_file"):
        monkeypatch.setattr(Path, question, forbidden)
    output = opened_output(Path("/root/out"), form, Language.EN)
    with pytest.raises(OutputError, match="can't write /root/out: Permission denied"), output:
        pass
