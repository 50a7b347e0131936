import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest

from mtpipe.config import ReadingSettings
from mtpipe.errors import EmptyArticle
from mtpipe.ingest import page_process, read_articles
from mtpipe.ingest.html import read_html
from mtpipe.ingest.page_process import PageTooCostly, is_heavy, read_apart
from mtpipe.types import Article, Failure

PROSE = "The bridge in the north of the town will stay open all night long, the council said. "
PAGE = f"<article><h1>Bridge</h1><p>{PROSE}</p><p>{PROSE} Again.</p></article>"
LARGE = f"{PAGE}<!--{'x' * 300_000}-->"
LIMITS = ReadingSettings()
ONE_SECOND = ReadingSettings(page_seconds=1)
EVER = range(10**15)
linux = pytest.mark.skipif(sys.platform != "linux", reason="memory is limited on Linux only")
posix = pytest.mark.skipif(os.name != "posix", reason="signals")


def idle() -> list[int]:
    return [process._process.pid for process in page_process._PROCESSES._idle]


@pytest.fixture(autouse=True)
def anew():
    page_process._PROCESSES.end()
    yield
    assert not page_process._PROCESSES._busy
    page_process._PROCESSES.end()


@pytest.mark.parametrize(
    ("content", "heavy"),
    [
        ("a" * 300_000, False),
        (b"a" * 300_001, True),
        ("<p>" * 10_000, False),
        (b"<p>" * 10_001, True),
    ],
    ids=["long", "too long", "many tags", "too many tags"],
)
def test_only_large_pages_are_heavy(content, heavy):
    assert is_heavy(content) is heavy


def test_a_page_is_the_same_wherever_it_is_read():
    page = read_apart(LIMITS, read_html, PAGE, address="https://example.org/x")
    assert page == read_html(PAGE, address="https://example.org/x")


def test_one_process_reads_all_pages():
    read_apart(LIMITS, read_html, PAGE)
    first = idle()
    read_apart(LIMITS, read_html, PAGE)
    assert first == idle()
    assert len(first) == 1


def test_what_is_wrong_with_a_page_is_the_same_error():
    with pytest.raises(EmptyArticle, match="no article text in the page") as caught:
        read_apart(LIMITS, read_html, "<nav>x</nav>")
    assert caught.value.hint is None
    assert len(idle()) == 1


def test_a_mistake_of_ours_is_none_of_the_pages():
    with pytest.raises(RuntimeError, match="unexpected keyword argument"):
        read_apart(LIMITS, read_html, PAGE, none="x")  # type: ignore[call-arg]


def test_warnings_come_along(caplog):
    read_apart(LIMITS, read_html, (PAGE + "<p>é ü</p>" * 99).encode() + b"<p>\xff</p>" + b" " * 99)
    assert "not quite UTF-8" in caplog.text


def test_an_answer_holds_pages_only():
    with pytest.raises(Exception, match="no part of a page"):
        read_apart(LIMITS, Path, "x")


@posix
def test_what_never_ends_is_ended_and_the_next_page_is_read():
    began = time.monotonic()
    with pytest.raises(PageTooCostly, match="more than 1 s of processor time") as caught:
        read_apart(ONE_SECOND, max, EVER)
    assert caught.value.hint == "to allow more: MTPIPE_PAGE_SECONDS=2"
    assert time.monotonic() - began < 60
    assert not idle()
    assert read_apart(LIMITS, read_html, PAGE).blocks


@posix
def test_what_only_waits_is_ended_as_well(monkeypatch):
    monkeypatch.setattr(page_process, "_PASSED_RATIO", 1)
    with pytest.raises(PageTooCostly, match="more than 1 s"):
        read_apart(ONE_SECOND, signal.pause)


@linux
@pytest.mark.parametrize("megabytes", [100, 300])
def test_memory_is_limited(megabytes):
    limits = ReadingSettings(page_mb=megabytes)
    with pytest.raises(PageTooCostly, match=f"more than {megabytes} MB of memory"):
        read_apart(limits, bytes, 400 * 2**20)
    assert not idle()


@posix
@pytest.mark.parametrize(
    ("function", "arguments", "message"),
    [
        (os.abort, (), "SIGABRT"),
        (os._exit, (3,), "exit code 3"),
        (os.kill, (0, signal.SIGKILL), "of memory"),
    ],
    ids=["abort", "exit", "killed"],
)
def test_a_crash_is_the_pages(function, arguments, message):
    with pytest.raises(PageTooCostly, match=message):
        read_apart(LIMITS, function, *arguments)


@posix
def test_one_that_ended_while_it_waited_is_replaced():
    read_apart(LIMITS, read_html, PAGE)
    [process] = page_process._PROCESSES._idle
    process._process.kill()
    process._process.wait()
    assert read_apart(LIMITS, read_html, PAGE).blocks


@posix
def test_interrupting_ends_it():
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # whatever it was
    timer = threading.Timer(2, signal.pthread_kill, [threading.main_thread().ident, signal.SIGINT])
    timer.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            read_apart(LIMITS, max, EVER)
    finally:
        timer.join()
        signal.signal(signal.SIGINT, before)
    assert not idle()


def test_threads_read_at_once():
    pages = [f"{PAGE}<p>{PROSE} Number {n}.</p>" for n in range(12)]
    found = {}

    def read(own):
        for n in own:
            found[n] = read_apart(LIMITS, read_html, pages[n])

    threads = [threading.Thread(target=read, args=[range(n, 12, 4)]) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [found[n] for n in range(12)] == [read_html(page) for page in pages]
    assert len(idle()) <= 4


def children(pid: int) -> set[int]:
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            if int(stat.read_text().rpartition(")")[2].split()[1]) == pid:
                found.add(int(stat.parent.name))
    return found


@linux
@pytest.mark.parametrize("order", ["read_apart(LIMITS, len, 'x')", "read_apart(LIMITS, max, EVER)"])
def test_it_ends_with_the_process_that_started_it(order):
    code = f"""
import time
from mtpipe.config import ReadingSettings
from mtpipe.ingest.page_process import read_apart
LIMITS, EVER = ReadingSettings(page_seconds=5), range(10**15)
read_apart(LIMITS, len, 'x')
print(flush=True)
{order}
time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        [child] = children(process.pid)
        process.kill()
    end = time.monotonic() + 60
    while Path(f"/proc/{child}").exists() and time.monotonic() < end:
        if ") Z" in Path(f"/proc/{child}/stat").read_text():
            break  # nobody asks for its exit code in a container
        time.sleep(0.1)
    assert time.monotonic() < end


@linux
def test_a_fork_has_processes_of_its_own():
    read_apart(LIMITS, read_html, PAGE)
    [before] = idle()
    process = os.fork()
    if process == 0:
        with suppress(BaseException):
            read_apart(LIMITS, read_html, PAGE)
            [own] = idle()
            page_process._PROCESSES.end()
            os._exit(own == before)
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 0
    assert idle() == [before]
    read_apart(LIMITS, read_html, PAGE)
    assert idle() == [before]


class TestReading:
    """What a batch does with pages that reach a limit."""

    @posix
    def test_such_a_page_is_listed_and_the_others_are_read(self, tmp_path, monkeypatch):
        slow = PAGE + "".join(f"<p><b>{PROSE}</b> {n} <i>{n}</i>" for n in range(14_000))
        (tmp_path / "1.html").write_text(PAGE)
        (tmp_path / "2.html").write_text(slow)
        (tmp_path / "3.html").write_text(PAGE.replace("Bridge", "Tower"))
        monkeypatch.setenv("MTPIPE_PAGE_SECONDS", "1")
        one, two, three = read_articles(tmp_path)
        assert isinstance(one, Article)
        assert isinstance(two, Failure)
        assert two.stage == "read"
        assert two.error == (
            "reading it takes more than 1 s of processor time "
            "(to allow more: MTPIPE_PAGE_SECONDS=2)"
        )
        assert isinstance(three, Article)

    def test_large_pages_are_read_apart(self, tmp_path):
        (tmp_path / "1.html").write_text(LARGE)
        [article] = read_articles(tmp_path)
        assert len(article.blocks) == 3
        assert len(idle()) == 1

    @pytest.mark.parametrize("field", ["html", "text"])
    def test_so_are_large_records(self, tmp_path, monkeypatch, field):
        monkeypatch.setattr(page_process, "_HEAVY_CHARS", 100)
        (tmp_path / "a.csv").write_text(f'id,{field}\n1,"<p>{PROSE * 3}</p>"\n')
        [article] = read_articles(tmp_path)
        assert article.id == "1"
        assert len(idle()) == 1

    def test_without_limits_all_are_read_here(self, tmp_path, monkeypatch):
        monkeypatch.setenv("MTPIPE_PAGE_SECONDS", "0")
        (tmp_path / "1.html").write_text(LARGE)
        [article] = read_articles(tmp_path)
        assert len(article.blocks) == 3
        assert not idle()
