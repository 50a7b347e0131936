"""Jobs: what is asked for, one form a kind, and what there is to say of a job."""

from typing import Annotated, Any, Literal, Self
from urllib.parse import quote

from pydantic import Field, Tag

from mtpipe.types import Language
from mtpipe.web.api.align import MaxBead, MinScore
from mtpipe.web.api.detect import Prior, WithinDays
from mtpipe.web.api.schemas import (
    MAX_TEXTS,
    Answer,
    Asked,
    ModelName,
    PageArticle,
    Sentences,
    TextArticle,
    WebArticle,
    Yes,
    at_most,
    which_of,
)
from mtpipe.web.api.score import Metrics, PairedTest, ScoreMetric, SystemName
from mtpipe.web.guard.callers import Scope
from mtpipe.web.jobs.job import Job, JobKind, JobState

__all__ = ["MAX_NAME_CHARS", "JobAnswer", "JobRequest", "JobsPage", "scope_of"]


MAX_NAME_CHARS = 500
"""Of a file in a form; longer names are cut."""


class Uploaded(Asked):
    """One of the files of a form."""

    upload: str = Field(min_length=1, max_length=MAX_NAME_CHARS, examples=["page.html"])
    """Its name in the form. Pages, text, and tables of articles (JSON lines, CSV) can be read."""
    charset: str | None = Field(
        default=None, pattern=r"^[A-Za-z0-9_.:-]{1,40}$", examples=["utf-8"]
    )
    """Its encoding; by default that is told from the content."""
    language: Language | None = None
    """Language of its articles; by default that is told from the text."""

    def source(self) -> dict[str, Any]:
        """What workers read it from."""
        return self.model_dump(mode="json", exclude_none=True)


JobSource = Annotated[
    Annotated[TextArticle, Tag("text")]
    | Annotated[PageArticle, Tag("html")]
    | Annotated[WebArticle, Tag("url")]
    | Annotated[Uploaded, Tag("upload")],
    which_of("text", "html", "url", "upload"),
]
"""An article, or a file with one or more."""

Side = Annotated[
    Annotated[TextArticle, Tag("text")]
    | Annotated[PageArticle, Tag("html")]
    | Annotated[WebArticle, Tag("url")]
    | Annotated[Uploaded, Tag("upload")]
    | Annotated[Sentences, Tag("sentences")],
    which_of("text", "html", "url", "upload", "sentences"),
]
"""An article, a file with one, or sentences."""

Column = Annotated[
    Annotated[Uploaded, Tag("upload")] | Annotated[Sentences, Tag("sentences")],
    which_of("upload", "sentences"),
]
"""Segments, or a file with one on each line."""

Sources = Annotated[list[JobSource], Field(max_length=MAX_TEXTS)]


class _Job(Asked):
    title: str = Field(default="", max_length=200)
    """For people; by default one is made up."""

    def stored(self) -> dict[str, Any]:
        """What the job keeps of it."""
        return {
            name: _plain(value)
            for name, value in self
            if name not in ("kind", "title") and value is not None
        }

    def with_uploads(self, _names: list[str]) -> Self:
        """The same; a job on articles takes those of all files where it names none."""
        return self


def _plain(value: Any) -> Any:
    """Plain data; articles as workers read them."""
    if hasattr(value, "source"):
        return value.source()
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    return value.value if isinstance(value, Language | PairedTest) else value


class TranslateJob(_Job):
    """Translate articles; the results can be fetched in every format of documents."""

    kind: Literal["translate"]
    """What to do."""
    sources: Sources = Field(default=[])
    """What is to be translated; by default all files of the form."""
    source: Language | None = None
    """Language of the articles; by default each one's own."""
    target: Language = Field(examples=["en"])
    """Language of the translations."""
    model: ModelName = "auto"

    def with_uploads(self, names: list[str]) -> Self:
        """See the base."""
        return self if self.sources else self.model_copy(update={"sources": _all_of(names)})


class DetectJob(_Job):
    """Examine candidates."""

    kind: Literal["detect"]
    """What to do."""
    candidates: Sources = Field(default=[])
    """The articles under suspicion; by default all files of the form but the original."""
    original: JobSource | None = None
    """What they may come from; without it the archive is searched, if there is one."""
    use_archive: Yes = True
    """Whether the archive may be searched where no original is given."""
    translate: Yes = False
    """Put our translation of the original beside, needed or not."""
    prior: Prior = None
    within_days: WithinDays = None

    def with_uploads(self, names: list[str]) -> Self:
        """See the base."""
        if self.candidates:
            return self
        original = self.original.upload if isinstance(self.original, Uploaded) else None
        others = _all_of([name for name in names if name != original])
        return self.model_copy(update={"candidates": others})


class AlignJob(_Job):
    """Align two texts."""

    kind: Literal["align"]
    """What to do."""
    source: Side
    """One side."""
    target: Side
    """The other."""
    max_bead: MaxBead = 6
    min_score: MinScore = 0.0


class ScoreJob(_Job):
    """Score translations."""

    kind: Literal["score"]
    """What to do."""
    hypotheses: Annotated[dict[SystemName, Column], at_most(20)] = Field(
        min_length=1, max_length=20
    )
    """Segments of each system by its name."""
    references: list[Column] = Field(default=[], max_length=10)
    """Human translations of the same segments."""
    source: Column | None = None
    """What was translated, for metrics that need it."""
    source_language: Language | None = None
    """For metrics that need a model."""
    target_language: Language | None = None
    """For metrics that need a model, and for BLEU's tokenizer."""
    metrics: Metrics = Field(default=[ScoreMetric.BLEU, ScoreMetric.CHRF])
    paired: PairedTest | None = None
    """Compare every pair of systems."""
    segments: Yes = False
    """Also score each segment."""

    def stored(self) -> dict[str, Any]:
        """See the base."""
        kept = super().stored()
        languages = [kept.pop(name, None) for name in ("source_language", "target_language")]
        return {**kept, "metrics": [each.value for each in self.metrics], "languages": languages}


class ArchiveAddJob(_Job):
    """Add articles to the server's archive."""

    kind: Literal["archive_add"]
    """What to do."""
    sources: Sources = Field(default=[])
    """Articles; by default those of all files of the form."""

    def with_uploads(self, names: list[str]) -> Self:
        """See the base."""
        return self if self.sources else self.model_copy(update={"sources": _all_of(names)})


def _all_of(names: list[str]) -> list[Uploaded]:
    return [Uploaded(upload=name) for name in names]


JobRequest = Annotated[
    TranslateJob | DetectJob | AlignJob | ScoreJob | ArchiveAddJob, Field(discriminator="kind")
]
"""What a job is to do."""


def scope_of(kind: JobKind) -> Scope:
    """What a key has to be for, besides jobs, to make one of a kind."""
    return {
        JobKind.TRANSLATE: Scope.TRANSLATE,
        JobKind.DETECT: Scope.DETECT,
        JobKind.ALIGN: Scope.ALIGN,
        JobKind.SCORE: Scope.SCORE,
        JobKind.ARCHIVE_ADD: Scope.ARCHIVE_WRITE,
    }[kind]


class JobFileAnswer(Answer):
    """A file among a job's results."""

    name: str
    """Of the file."""
    media_type: str
    """Of its content."""
    size_bytes: int | None
    """Null for a format that is made when it is asked for."""
    address: str
    """Where it is fetched."""


class JobProblem(Answer):
    """Why a job failed."""

    title: str
    """The kind of problem."""
    detail: str
    """What went wrong, in a sentence."""
    hint: str | None = None
    """What repairs it."""
    error: str | None = None
    """Name of the error in Python."""


class JobAnswer(Answer):
    """A job at this moment."""

    id: str = Field(examples=["0f8fad5bd9cb469fa16570867728950e"])
    """Of the job."""
    kind: JobKind
    """What it does."""
    state: JobState
    """How far it is; `done`, `failed` and `cancelled` are final."""
    title: str
    """For people."""
    done: int = Field(ge=0)
    """Articles, or steps, that nothing is left to do for."""
    total: int | None
    """Of how many; null as long as nobody knows."""
    note: str
    """What it is at, for people."""
    problem: JobProblem | None
    """Why it failed."""
    summary: dict[str, Any] | None
    """What came of it: counts, the verdict, failures."""
    created: str
    """In ISO 8601, UTC."""
    started: str | None
    """When it was last begun."""
    finished: str | None
    """When it came to its end."""
    expires: str | None
    """When it will be removed at the latest."""
    attempts: int
    """How often it was begun."""
    files: list[JobFileAnswer]
    """Results."""
    address: str
    """Where this is asked for."""
    events: str
    """Where changes are told, as server-sent events."""

    @classmethod
    def of(cls, job: Job, jobs: str) -> Self:
        """A job as clients see it.

        Args:
            job: at some moment.
            jobs: path of the list of jobs, what a proxy strips included.
        """
        address = f"{jobs}/{job.id}"
        given = {name: getattr(job, name) for name in _SHOWN}
        files = [
            JobFileAnswer(
                name=file.name,
                media_type=file.media_type,
                size_bytes=file.size_bytes,
                address=f"{address}/files/{quote(file.name)}",
            )
            for file in job.files
        ]
        return cls(**given, files=files, address=address, events=f"{address}/events")


_SHOWN = tuple(
    name for name in JobAnswer.model_fields if name not in ("files", "address", "events")
)


class JobsPage(Answer):
    """Some of the caller's jobs."""

    jobs: list[JobAnswer]
    """The newest first. Their `files` are empty here; each job's own address has them."""
    next: str | None
    """Address of the next page; null on the last."""
