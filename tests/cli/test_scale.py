"""``mtpipe scale``: what the options come to, and what is told; work itself is faked."""

import json
import sys

import pytest

import mtpipe.scale
from mtpipe.cli import main
from mtpipe.cli.scale_options import complete_address
from mtpipe.scale import Form, Resources, ScaleSummary
from mtpipe.scale.manifest import Manifest
from mtpipe.types import Failure

FAILURE = Failure("a#3", "read", "a#3: no text")


class Call:
    """Stands for one of the public functions, and remembers how it was called."""

    def __init__(self, output, *, failures=(), verdicts=None, **changed):
        self._output, self._failures = output, tuple(failures)
        self._verdicts, self._changed = verdicts or {}, changed

    def __call__(self, *given, on_progress, is_stopped, **options):
        self.given, self.options = given, options
        summary = ScaleSummary("translate", str(self._output), workers=2, setup_seconds=7.0)
        on_progress(summary)
        assert not is_stopped()
        rows = 0 if "nothing" in self._changed else 3
        manifest = Manifest(
            shard="a-1-00000", source="a", number=0, first=0, rows=4, input_sha256="", signature="s",
            output="rows/a", output_rows=rows, output_bytes=9, output_sha256="", worker="node/1",
            failures=self._failures, counts={"verdicts": self._verdicts}, seconds=2.0,
        )  # fmt: skip
        summary.add(manifest, is_new=True)
        summary.seconds = 4.0
        summary.is_unfinished = "stopped" in self._changed
        on_progress(summary)
        return summary


@pytest.fixture
def call(tmp_path, monkeypatch):
    """Put a fake in the place of a public function."""

    def put(name, **changed):
        fake = Call(tmp_path / "out", **changed)
        (tmp_path / "out").mkdir(exist_ok=True)
        monkeypatch.setattr(mtpipe.scale, name, fake, raising=False)
        return fake

    return put


def test_options_of_translate(run, call, tmp_path):
    fake = call("translate")
    code, out, err = run(
        *("scale", "translate", "pages/", "s3://bucket/in", "--to", "fr", "-o", "out"),
        *("--from", "de", "--beam", "2", "--format", "parquet", "--round-trip", "--cache"),
        *("--address", "auto", "--workers", "3", "--threads-per-worker", "2"),
        *("--gpus-per-worker", ".5", "--rows-per-shard", "50", "--drop-text", "x"),
    )
    assert (code, out) == (0, b"")
    assert fake.given == (["pages/", "s3://bucket/in"], "out", "fr")
    options = fake.options
    assert options["form"] is Form.PARQUET
    assert (options["source"], options["beam"], options["model"]) == ("de", 2, "auto")
    assert options["round_trip"]
    assert options["cache"]
    assert options["rules"].settings.drop_text == ("x",)
    assert options["resources"] == Resources(
        address="auto", workers=3, threads_per_worker=2, gpus_per_worker=0.5, rows_per_shard=50
    )
    assert "4 articles in 1 shards, 4.0 s, after 7.0 s until 2 workers stood" in err
    assert "1 articles/s; workers were at work 25% of the time" in err
    assert f"report: {tmp_path / 'out' / 'report.html'}" in err
    assert "mtpipe scale translate pages/ s3://bucket/in" in (
        (tmp_path / "out" / "report.html").read_text()
    )


def test_the_report_has_costs_at_the_stated_prices_only(run, call, tmp_path):
    call("translate")
    command = ["scale", "translate", "a", "--to", "en", "-o", "out"]
    assert run(*command)[0] == 0
    assert json.loads((tmp_path / "out" / "report.json").read_text())["costs"] == []
    prices = ["--price-per-hour", "0.5", "--price-per-hour", "2"]
    code, out, _ = run(*command, *prices, "--json")
    record = json.loads(out)
    assert code == 0
    assert record == json.loads((tmp_path / "out" / "report.json").read_text())
    assert [cost["price_per_hour"] for cost in record["costs"]] == [0.5, 2]
    assert record["costs"][1]["total"] == pytest.approx(2 * 1e6 / 3600)


def test_options_of_detect(run, call):
    fake = call("detect", verdicts={"copy in the same language": 2, "not enough evidence": 1})
    code, _, err = run(
        *("scale", "detect", "pages/", "-o", "out", "--archive", "originals", "--within", "9"),
        *("--no-duplicates", "--prior", ".01", "--no-engine", "--broadcast-sentences", "1000"),
    )
    assert code == 0
    assert fake.given == (["pages/"], "out")
    options = fake.options
    assert (options["archive"], options["within_days"], options["prior"]) == ("originals", 9, 0.01)
    assert (options["duplicates"], options["engine"]) == (False, False)
    assert options["broadcast_sentences"] == 1000
    assert "2 copy in the same language, 1 not enough evidence" in err


def test_a_verdict_can_fail_detect(run, call):
    call("detect", verdicts={"copy in the same language": 2})
    command = ["scale", "detect", "a", "-o", "out"]
    assert run(*command, "--fail-on", "machine")[0] == 0
    assert run(*command, "--fail-on", "copy")[0] == 8


def test_within_needs_an_archive(run, call):
    call("detect")
    assert run("scale", "detect", "a", "-o", "out", "--within", "3")[0] == 2


def test_options_of_index(run, call):
    fake = call("index")
    command = ["scale", "index", "a.parquet", "-o", "originals", "--shards", "4", "--from", "fr"]
    assert run(*command)[0] == 0
    assert fake.given == (["a.parquet"], "originals")
    assert (fake.options["shards"], fake.options["language"]) == (4, "fr")


@pytest.mark.parametrize(
    ("changed", "code", "told"),
    [
        pytest.param({"failures": [FAILURE]}, 6, "failed: 1 (read): …: no text, e.g. a#3", id="some"),
        pytest.param({"failures": [FAILURE], "nothing": True}, 3, "a#3: a#3: no text", id="all"),
        pytest.param({"stopped": True}, 130, "4 articles in 1 shards", id="interrupted"),
    ],
)  # fmt: skip
def test_exit_codes(run, call, changed, code, told):
    call("translate", **changed)
    found, _, err = run("scale", "translate", "a", "--to", "en", "-o", "out")
    assert found == code
    assert told in err
    if "failures" in changed:
        assert "failures are listed in" in err


def test_only_errors_when_quiet(run, call):
    call("translate", failures=[FAILURE])
    _, _, err = run("--quiet", "scale", "translate", "a", "--to", "en", "-o", "out")
    assert err == "error: failed: 1 (read): …: no text, e.g. a#3\n"


@pytest.mark.parametrize(
    "command", [["translate", "a", "--to", "en"], ["detect", "a"], ["index", "a"]]
)
def test_without_the_extra_the_pip_line_is_told(run, monkeypatch, tmp_path, command):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a").write_text("Guten Morgen.")
    monkeypatch.setitem(sys.modules, "ray", None)
    code, out, err = run("scale", *command, "-o", "out")
    assert (code, out) == (4, b"")
    assert "pip install 'mtpipe[ray]'" in err
    assert not (tmp_path / "out").exists()


def test_help_has_an_example_a_line(capsys):
    for command in ("translate", "detect", "index"):
        assert main(["scale", command, "--help"]) == 0
        assert f"mtpipe scale {command}" in capsys.readouterr().out


def test_the_shell_is_told_how_addresses_begin():
    assert complete_address("") == ["auto", "ray://"]
    assert complete_address("r") == ["ray://"]
