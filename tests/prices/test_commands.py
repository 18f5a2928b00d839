"""The commands around the price store: exit codes, one message, one line of JSON."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import socketserver
import subprocess
import threading

import pytest
from click.testing import CliRunner

from analysis.cli import main
from analysis.prices.sources.http import Patience
from tests.loopback.listings import day, listing
from tests.loopback.server import Fault

QUICK = ("--rate", "1000", "--backoff", "0.01", "--retries", "1", "--timeout", "60")
EVENING = ("--now", "2025-03-31")


@pytest.fixture
def run(vendor, tmp_path, monkeypatch):
    """The command line in this process, against the loopback server and a store of its own."""
    monkeypatch.setenv("MARKET_IMPACT_DB", str(tmp_path / "prices.duckdb"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache-home"))

    def call(name, *arguments):
        live = QUICK if name in ("fetch", "refresh") else ()
        return CliRunner().invoke(main, [name, *arguments, *live, *EVENING])

    return call


def test_from_nothing_to_a_status(run, vendor):
    vendor.add(listing("NVDA"), listing("AMD"))
    fetched = run("fetch", "nvda", "AMD")
    assert fetched.exit_code == 0, fetched.output
    assert fetched.stdout == "2 read or fresh: 2 updated; 624 sessions added, 0 changed\n"
    assert fetched.stderr.splitlines()[-1].startswith("refresh 2/2 ")
    status = run("status")
    assert status.exit_code == 0
    lines = status.stdout.splitlines()
    assert lines[2].split() == [
        "AMD",
        "2024-01-02",
        "2025-03-31",
        "312",
        "0.0",
        "h",
        "1",
        "updated",
    ]
    one = json.loads(run("status", "--json", "--symbols", "NVDA").stdout)["symbols"][0]
    assert (one["symbol"], one["sessions"], one["findings"][0]["check"]) == (
        "NVDA",
        312,
        "snapshot",
    )


def test_json_is_one_line(run, vendor):
    vendor.add(listing("NVDA"))
    done = run("refresh", "--symbols", "NVDA,GONE", "--json")
    assert done.exit_code == 3
    assert done.stdout.count("\n") == 1
    summary = json.loads(done.stdout)
    assert (summary["exit_code"], summary["outcomes"]) == (3, {"refused": 1, "updated": 1})
    assert summary["failing"] == {
        "GONE": "Yahoo Finance says: No data found, symbol may be delisted"
    }


def test_partly_lists_what_is_not_fresh(run, vendor):
    vendor.add(listing("NVDA", nan_rows={day("2025-03-26")}))
    done = run("refresh", "--symbols", "NVDA")
    assert done.exit_code == 3
    assert "partly: NVDA: 1 session(s) kept out: bad-price on 2025-03-26" in done.stdout
    assert "kept out: NVDA 2025-03-26 bad-price: no positive close" in run("status").stdout


def test_nothing_fetched_is_one_message_and_exit_code_4(run, vendor):
    vendor.add(listing("NVDA"), listing("AMD"))
    run("fetch", "NVDA", "AMD")
    before = run("status", "--json").stdout
    vendor.faults["*"] = Fault("500")
    done = run("refresh")
    assert done.exit_code == 4
    assert done.stdout == ""
    errors = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    (error,) = errors
    assert error.removeprefix("error: nothing could be fetched: ") == (
        "Yahoo Finance answered HTTP 500; what is stored is untouched"
    )
    after = json.loads(run("status", "--json").stdout)
    assert [s["sessions"] for s in after["symbols"]] == [
        s["sessions"] for s in json.loads(before)["symbols"]
    ]


def test_a_dry_run_reads_nothing(run, vendor):
    vendor.add(listing("NVDA"))
    done = run("refresh", "--symbols", "NVDA", "--dry-run")
    assert done.stdout == "would read NVDA since 1990-01-02 (new)\n"
    assert vendor.requests == []
    run("fetch", "NVDA")
    seen = json.loads(run("refresh", "--dry-run", "--json", "--max-age", "18h").stdout)
    assert seen == {"fresh": ["NVDA"], "would_read": {}}


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("refresh", "--max-age", "soon"), "as in 18h"),
        (("refresh", "--symbols", " , "), "no symbol in it"),
        (("refresh", "--then-report", "out"), "name it with --study"),
        (("refresh", "--study", "deepsek-2025"), "did you mean 'deepseek-2025'?"),
        (("refresh",), "holds no symbols yet"),
        (("refresh", "--since", "yesterday"), "does not match"),
        (("fetch",), "name the symbols to fetch"),
        (("status",), "there is no price store"),
        (("export-snapshot", "new"), "there is no price store"),
    ],
)
def test_wrong_use_is_exit_code_2(run, arguments, says):
    done = run(*arguments)
    assert done.exit_code == 2
    assert says in " ".join(done.stderr.split())
    assert "Traceback" not in done.output


def test_status_of_an_unknown_symbol(run, vendor):
    vendor.add(listing("NVDA"))
    run("fetch", "NVDA")
    done = run("status", "--symbols", "NVDIA")
    assert (done.exit_code, "did you mean 'NVDA'?" in done.stderr) == (2, True)


def test_a_vendors_file_is_fetched_whole(run, tmp_path):
    path = tmp_path / "ZZZ.csv"
    shown = listing("ZZZ").view()
    table = shown.rename(columns=str.title).rename(columns={"Adjclose": "Adj Close"})
    table.rename_axis("Date").to_csv(path)
    done = run("fetch", "--from", str(path))
    assert (done.exit_code, "312 sessions added" in done.stdout) == (0, True), done.output


def test_accepting_what_was_kept_out(run, vendor):
    vendor.add(listing("SMCI", splits={day("2024-10-01"): 10.0}, apply_splits=False))
    kept_out = run("fetch", "SMCI")
    assert (kept_out.exit_code, "split-not-applied" in kept_out.stdout) == (3, True)
    assert run("refresh", "--symbols", "SMCI", "--accept", "SMCI").exit_code == 0


@pytest.mark.parametrize("name", ["fetch", "refresh"])
def test_help_documents_the_exit_codes(name):
    text = CliRunner().invoke(main, [name, "-h"]).stdout
    for line in ("0  every symbol", "2  wrong use", "3  some symbols", "4  nothing could be"):
        assert line in text


@contextlib.contextmanager
def hanging_up():
    """A server that hangs up on every call: its address, and the calls."""
    calls = []

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            calls.append(self.client_address)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(
            target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}", calls
        server.shutdown()


@pytest.mark.slow
def test_without_a_network_it_ends_soon_and_says_so_once(command, vendor, night):
    vendor.add(listing("NVDA"), listing("AMD"))
    night("2025-03-27", "NVDA", "AMD")
    with hanging_up() as (address, calls):
        nowhere = dict.fromkeys(("HTTPS_PROXY", "https_proxy"), address)
        done = command("refresh", "--json", **nowhere)  # with the retries of production
    patience = Patience()
    assert patience.silences <= len(calls) <= patience.silences + 4  # those already under way
    assert done.returncode == 4
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith(
        "error: nothing could be fetched: Yahoo Finance cannot be reached"
    )
    assert json.loads(done.stdout)["exit_code"] == 4
    assert night.read(lambda r: r.bars("NVDA")).index[-1] == day("2025-03-27")


@pytest.mark.slow
@pytest.mark.parametrize("lacking", [(), ("PG",)])
def test_a_study_is_refreshed_and_reported_in_one_command(run, vendor, tmp_path, lacking):
    from analysis.cli.refresh import symbols_of_study

    symbols = symbols_of_study("deepseek-2025")
    assert {"NVDA", "SPY", "PG"} <= set(symbols)  # firms, benchmarks and donors
    vendor.add(*(listing(s, first="2023-01-03") for s in symbols if s not in lacking))
    done = run(
        "refresh", "--study", "deepseek-2025", "--then-report", str(tmp_path / "report"), "--json"
    )
    assert done.exit_code == (3 if lacking else 0), done.output
    summary = json.loads(done.stdout)
    assert (summary["symbols"], list(summary["failing"])) == (len(symbols), [*lacking])
    assert list((tmp_path / "report" / "figures").glob("*.png"))
    assert (tmp_path / "report" / "report.html").is_file()


def test_no_escape_reaches_the_terminal(run, vendor):
    vendor.add(listing("NVDA"))
    done = run("refresh", "--symbols", "NVDA,\x1b[31mX\x07")
    status = run("status")
    assert (done.exit_code, status.exit_code) == (3, 0)
    for text in (done.output, done.stderr, status.output):
        assert all(line.isprintable() for line in text.splitlines())


def test_a_report_that_fails_is_a_failure(run, vendor, tmp_path):
    vendor.add(listing("NVDA"))
    out = tmp_path / "report"
    done = run("refresh", "--study", "deepseek-2025", "--then-report", str(out), "--json")
    assert done.exit_code == 2
    assert json.loads(done.stdout)["exit_code"] == 3  # what the refresh itself came to
    (error,) = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert "Traceback" not in done.stderr
    assert error
    assert not out.exists()


def test_a_report_that_cannot_be_written_is_said_so_before_anything_is_read(run, vendor, tmp_path):
    (tmp_path / "file").touch()
    done = run(
        "refresh", "--study", "deepseek-2025", "--then-report", str(tmp_path / "file" / "out")
    )
    assert (done.exit_code, vendor.requests) == (2, [])


def test_lower_case_columns_of_a_file_can_be_named(run, tmp_path):
    path = tmp_path / "wide.csv"
    shown = listing("ZZZ").view()[["close"]]
    shown.assign(mine=shown["close"] * 2).rename_axis("session").to_csv(path)
    done = run("fetch", "mine", "close", "--from", str(path))
    assert (done.exit_code, "624 sessions added" in done.stdout) == (0, True), done.output
    status = json.loads(run("status", "--symbols", "mine,close", "--json").stdout)
    assert [one["symbol"] for one in status["symbols"]] == ["mine", "close"]
    again = run("refresh", "--symbols", "mine", "--from", str(path))
    assert again.stdout.startswith("1 read or fresh: 1 unchanged")


def test_the_unit_leaves_time_for_ten_thousand_symbols(root):
    unit = (root / "scripts" / "schedule" / "market-impact-refresh.service").read_text()
    hours = float(re.search(r"^TimeoutStartSec=(\d+)h$", unit, re.MULTILINE)[1])
    seconds = 10_000 / Patience().rate  # one request a symbol that is stored already
    assert hours * 3600 > 2 * seconds  # every second symbol restated


def test_the_schedule_files_name_a_command_that_exists(root):
    for file in ("crontab", "market-impact-refresh.service"):
        text = (root / "scripts" / "schedule" / file).read_text()
        assert "market-impact refresh --max-age 18h --json" in text
        assert "market-impact watch --page" in text
    text = (root / ".github" / "workflows" / "refresh.yml").read_text()
    assert "market-impact refresh --study deepseek-2025" in text
    assert "market-impact watch --groups data/studies/deepseek-2025/study.toml --page" in text


@pytest.mark.slow
def test_the_evening_looks_at_what_the_refresh_stored(run, vendor, tmp_path):
    """A fall of 20 % among three walks of 1.5 % a day is found in the store; the others are not."""
    fallen = listing("AMD", first="2022-01-03")
    fallen.printed.iloc[-1] *= 0.8
    vendor.add(listing("SPY", first="2022-01-03"), fallen, listing("NVDA", first="2022-01-03"))
    assert run("fetch", "SPY", "AMD", "NVDA").exit_code == 0
    page = tmp_path / "watch.html"
    moved = run("watch", "--format", "json", "--page", str(page))
    assert moved.exit_code == 10, moved.output
    document = json.loads(moved.stdout)
    assert document["session"] == "2025-03-31"
    assert [row["name"] for row in document["moves"] if row["moved"]] == ["AMD"]
    assert "AMD" in page.read_text()
    calm = run("watch", "--session", "2025-03-28")
    assert (calm.exit_code, calm.stderr) == (0, "")
    assert "none of 2 securities moved beyond its ordinary days" in calm.stdout


def test_the_systemd_units_verify(root, tmp_path):
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("needs systemd-analyze")
    units = sorted((root / "scripts" / "schedule").glob("market-impact-refresh.*"))
    done = subprocess.run(
        [analyze, "verify", *map(str, units)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
