"""The four tools' pages: a form each, which starts a job."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import FormData
from starlette.responses import Response

from mtpipe.types.choices import DocumentFormat, MetricName
from mtpipe.web.guard.access import needs
from mtpipe.web.guard.callers import Caller, Scope
from mtpipe.web.jobs.job import JobKind
from mtpipe.web.names import unique
from mtpipe.web.pages.given import Given, NotGiven, SentForm, given, kept_fields, text_of
from mtpipe.web.pages.rendering import render, texts_for
from mtpipe.web.pages.submitting import Owned, problem_text, submitted
from mtpipe.web.pages.texts import LANGUAGES
from mtpipe.web.services import Services

__all__ = ["router"]

router = APIRouter(include_in_schema=False)

_METRICS = [metric.value for metric in MetricName]
_USUAL_METRICS = ["bleu", "chrf"]
_Form = dict[str, str]


class _Asked:
    """A form that was sent: its fields one by one, and what is wrong with them."""

    def __init__(self, request: Request, owned: Services, form: FormData) -> None:
        self.form = form
        self.problems: _Form = {}
        self.given: list[Given] = []
        self._request = request
        self._owned = owned

    async def take(self, name: str, *, many: bool = False) -> Given | None:
        """What was given in a field; None, and a problem, if that can't be used."""
        try:
            taken = await given(self.form, name, self._owned.settings, many=many)
        except NotGiven as exc:
            self.refuse(name, exc)
            return None
        self.given.append(taken)
        return taken

    def refuse(self, name: str, problem: NotGiven) -> None:
        """Note what is wrong with a field."""
        self.problems[name] = problem_text(self._request, problem)


def _form(
    tool: str,
    request: Request,
    owned: Services,
    fields: _Form | None = None,
    problems: _Form | None = None,
) -> Response:
    """The form of a tool that takes texts, files and addresses."""
    return render(
        request,
        f"{tool}.html.j2",
        section=tool,
        status=422 if problems else 200,
        given=fields or {},
        problems=problems or {},
        allow_fetch=owned.settings.allow_fetch,
        has_archive=owned.settings.archive is not None,
    )


_detect = partial(_form, "detect")
_translate = partial(_form, "translate")
_align = partial(_form, "align")


@router.get("/ui/detect")
async def detect_page(
    request: Request, owned: Owned, _: Annotated[Caller, Depends(needs(Scope.DETECT))]
) -> Response:
    """The form to examine a page with."""
    return _detect(request, owned)


@router.post("/ui/detect")
async def detect(
    request: Request,
    owned: Owned,
    caller: Annotated[Caller, Depends(needs(Scope.DETECT))],
    form: SentForm,
) -> Response:
    """Examine what the form has."""
    asked = _Asked(request, owned, form)
    candidates = await asked.take("candidate", many=True)
    origin = text_of(asked.form, "origin")
    original = await asked.take("original") if origin == "original" else None
    if origin == "archive" and owned.settings.archive is None:
        asked.refuse("original", NotGiven("given.no_archive"))
    prior = _percent(asked, "prior")
    fields = kept_fields(asked.form)
    if asked.problems or candidates is None:
        return _detect(request, owned, fields, asked.problems)
    wanted = {
        "candidates": list(candidates.sources),
        "original": original.sources[0] if original else None,
        "use_archive": origin == "archive",
        "translate": bool(text_of(asked.form, "translate")),
        "prior": prior,
    }
    return await submitted(
        *(request, owned, caller, JobKind.DETECT, wanted, asked.given),
        lambda problem: _detect(request, owned, fields, {"candidate": problem}),
    )


def _percent(asked: _Asked, name: str) -> float | None:
    """A share of one from a field in percent; German and French readers write a comma."""
    text = text_of(asked.form, name).strip().replace(",", ".")
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 < value < 100:
        asked.refuse(name, NotGiven("given.no_prior"))
        return None
    return value / 100


@router.get("/ui/translate")
async def translate_page(
    request: Request, owned: Owned, _: Annotated[Caller, Depends(needs(Scope.TRANSLATE))]
) -> Response:
    """The form to translate with."""
    return _translate(request, owned)


@router.post("/ui/translate")
async def translate(
    request: Request,
    owned: Owned,
    caller: Annotated[Caller, Depends(needs(Scope.TRANSLATE))],
    form: SentForm,
) -> Response:
    """Translate what the form has."""
    asked = _Asked(request, owned, form)
    texts = await asked.take("text", many=True)
    source, target = text_of(asked.form, "source") or None, text_of(asked.form, "target")
    if target not in LANGUAGES or (source and source not in LANGUAGES):
        asked.refuse("target", NotGiven("given.no_target"))
    elif source == target:
        asked.refuse("target", NotGiven("given.same_language"))
    fields = kept_fields(asked.form)
    if asked.problems or texts is None:
        return _translate(request, owned, fields, asked.problems)
    wanted = {
        "sources": list(texts.sources),
        "source": source,
        "target": target,
        "formats": [form.value for form in DocumentFormat],
    }
    return await submitted(
        *(request, owned, caller, JobKind.TRANSLATE, wanted, asked.given),
        lambda problem: _translate(request, owned, fields, {"text": problem}),
    )


@router.get("/ui/align")
async def align_page(
    request: Request, owned: Owned, _: Annotated[Caller, Depends(needs(Scope.ALIGN))]
) -> Response:
    """The form to align two texts with."""
    return _align(request, owned)


@router.post("/ui/align")
async def align(
    request: Request,
    owned: Owned,
    caller: Annotated[Caller, Depends(needs(Scope.ALIGN))],
    form: SentForm,
) -> Response:
    """Align what the form has."""
    asked = _Asked(request, owned, form)
    source, target = await asked.take("source"), await asked.take("target")
    fields = kept_fields(asked.form)
    if source is None or target is None:
        return _align(request, owned, fields, asked.problems)
    wanted = {"source": source.sources[0], "target": target.sources[0]}
    return await submitted(
        *(request, owned, caller, JobKind.ALIGN, wanted, asked.given),
        lambda problem: _align(request, owned, fields, {"source": problem}),
    )


def _score(
    request: Request,
    fields: _Form | None = None,
    problems: _Form | None = None,
    chosen: list[str] | None = None,
) -> Response:
    return render(
        request,
        "score.html.j2",
        section="score",
        status=422 if problems else 200,
        given=fields or {},
        problems=problems or {},
        metrics=_METRICS,
        chosen=_USUAL_METRICS if chosen is None else chosen,
    )


@router.get("/ui/score")
async def score_page(
    request: Request, _: Annotated[Caller, Depends(needs(Scope.SCORE))]
) -> Response:
    """The form to score translations with."""
    return _score(request)


@router.post("/ui/score")
async def score(
    request: Request,
    owned: Owned,
    caller: Annotated[Caller, Depends(needs(Scope.SCORE))],
    form: SentForm,
) -> Response:
    """Score what the form has."""
    asked = _Asked(request, owned, form)
    hypotheses = await asked.take("hypotheses", many=True)
    references = await asked.take("references", many=True)
    chosen = [value for value in asked.form.getlist("metrics") if value in _METRICS]
    metrics = [str(value) for value in chosen]
    if not metrics:
        asked.refuse("metrics", NotGiven("given.no_metrics"))
    fields = kept_fields(asked.form)
    if asked.problems or hypotheses is None or references is None:
        return _score(request, fields, asked.problems, metrics)
    # A file's name tells systems apart, the first sentence of a text doesn't.
    pasted = (texts_for(request)("source.text"),)
    names = _own_names(hypotheses.titles if hypotheses.uploads else pasted)
    wanted = {
        "hypotheses": dict(zip(names, hypotheses.sources, strict=True)),
        "references": list(references.sources),
        "metrics": metrics,
    }
    return await submitted(
        *(request, owned, caller, JobKind.SCORE, wanted, asked.given),
        lambda problem: _score(request, fields, {"hypotheses": problem}, metrics),
    )


def _own_names(titles: tuple[str, ...]) -> list[str]:
    """A system's name each, no two alike."""
    taken: set[str] = set()
    return [unique(title[:90] or "text", taken) for title in titles]
