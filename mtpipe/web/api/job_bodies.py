"""What a new job comes with: JSON, or a form with JSON in the field ``request`` and files."""

from dataclasses import dataclass
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import TypeAdapter, ValidationError
from starlette.datastructures import UploadFile

from mtpipe.web.api.errors import unsupported_body
from mtpipe.web.api.job_schemas import MAX_NAME_CHARS, JobRequest
from mtpipe.web.jobs.uploads import MOST_UPLOADS, Upload

__all__ = ["REQUESTS", "JobBody", "read_job", "request_body"]

REQUESTS: TypeAdapter[Any] = TypeAdapter(JobRequest)
"""Reads what a job is to do."""
_FIELD = "request"
_MAX_FIELD_BYTES = 10_000_000


@dataclass(frozen=True, slots=True)
class JobBody:
    """What to do, and the files that it is done with."""

    asked: Any
    uploads: list[Upload]


def request_body() -> dict[str, Any]:
    """Both forms, for the API's description."""
    schema = {"$ref": "#/components/schemas/JobRequest"}
    form = {
        "type": "object",
        "required": [_FIELD],
        "properties": {
            _FIELD: schema,
            "files": {
                "type": "array",
                "items": {"type": "string", "contentMediaType": "application/octet-stream"},
                "maxItems": MOST_UPLOADS,
                "description": "Files, which the request names by `upload`.",
            },
        },
        "additionalProperties": False,
    }
    return {
        "required": True,
        "content": {
            "application/json": {"schema": schema},
            "multipart/form-data": {
                "schema": form,
                "encoding": {_FIELD: {"contentType": "application/json"}},
            },
        },
    }


async def read_job(request: Request) -> JobBody:
    """Read the body of a request.

    Raises:
        RequestValidationError: it isn't as the description says.
        Problem: it is of another type.
    """
    media_type = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if media_type == "application/json":
        return JobBody(_parsed(await request.body()).with_uploads([]), [])
    if media_type != "multipart/form-data":
        raise unsupported_body(media_type[:100])
    async with request.form(
        max_files=MOST_UPLOADS + 1, max_fields=10, max_part_size=_MAX_FIELD_BYTES
    ) as form:
        request_text: bytes | None = None
        files: list[UploadFile] = []
        for name, part in form.multi_items():
            if name == _FIELD and request_text is None:
                request_text = part.encode() if isinstance(part, str) else await part.read()
            elif isinstance(part, UploadFile):
                files.append(part)
            else:
                raise _invalid(name, "Extra inputs are not permitted")
        if request_text is None:
            raise _invalid(_FIELD, "Field required")
        if len(files) > MOST_UPLOADS:
            raise _invalid("files", f"There should be at most {MOST_UPLOADS}")
        asked = _parsed(request_text)
        uploads = [
            Upload((file.filename or "upload")[:MAX_NAME_CHARS], await file.read())
            for file in files
        ]
    return JobBody(asked.with_uploads([upload.name for upload in uploads]), uploads)


def _parsed(text: bytes) -> Any:
    try:
        return REQUESTS.validate_json(text)
    except ValidationError as exc:
        errors = exc.errors(include_url=False, include_context=False, include_input=False)
        raise RequestValidationError(
            [{**error, "loc": ("body", *error["loc"])} for error in errors]
        ) from exc


def _invalid(field: str, message: str) -> RequestValidationError:
    return RequestValidationError([{"loc": ("body", field), "msg": message, "type": "value_error"}])
