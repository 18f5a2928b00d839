"""The registry of sources: what is in it is offered, and one file puts a source into it."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from analysis._discovery import names
from analysis.cli import fetch, main, refresh
from analysis.prices.sources import offered
from analysis.prices.sources.catalog import DEFAULT, offer_of, offers

TOY = """
import pandas as pd

from analysis.prices.bars import bars_frame
from analysis.prices.sources.offer import Offer
from analysis.prices.sources.protocol import Fetched
from analysis.sessions import sessions_between


class Toy:
    name, client, symbols = "toy", "toy 1", ("one", "TWO")

    def fetch(self, symbol, since):
        days = sessions_between("XNYS", since, pd.Timestamp("2025-03-31").date())
        days = days[days >= "2025-01-02"]
        bars = bars_frame(days, {"close": 10.0, "adj_close": 10.0, "volume": 5.0})
        return Fetched(symbol, self.name, self.client, bars, calendar="XNYS")


SOURCE = Offer("toy-vendor", 99, "nothing", "a toy", lambda wanted: Toy())
"""


def test_every_file_is_in_the_registry_and_the_default_too():
    assert set(names(offered)) == set(offers())
    assert DEFAULT in offers()


def test_each_source_is_offered_by_both_commands():
    for name in ("fetch", "refresh"):
        text = " ".join(CliRunner().invoke(main, [name, "-h"], terminal_width=200).stdout.split())
        for offer in offers().values():
            assert offer.summary in text


def test_exactly_one_source_is_a_file():
    assert [offer.name for offer in offers().values() if offer.needs == "file"] == ["file"]
    assert offer_of("yahoo").name == "yahoo"
    assert offer_of("file").name == "file"  # a file of that name
    assert offer_of("yahoo.csv").name == "file"


def test_a_source_from_outside_is_one_file(tmp_path, monkeypatch):
    (tmp_path / "toy_vendor.py").write_text(TOY)
    monkeypatch.setattr(offered, "__path__", [*offered.__path__, str(tmp_path)])
    monkeypatch.setenv("MARKET_IMPACT_DB", str(tmp_path / "prices.duckdb"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    def run(*arguments):
        return CliRunner().invoke(main, [*arguments, "--now", "2025-03-31", "--from", "toy-vendor"])

    done = run("fetch")
    assert (done.exit_code, done.stdout.partition(";")[0]) == (0, "2 read or fresh: 2 updated")
    named = run("fetch", "one", "two")  # as the source spells them
    assert named.stdout.partition(";")[0] == "2 read or fresh: 2 unchanged"
    assert run("refresh").stdout.partition(";")[0] == "2 read or fresh: 2 unchanged"
    status = CliRunner().invoke(main, ["status", "--symbols", "one,two", "--now", "2025-03-31"])
    assert status.exit_code == 0, status.output
    for command in (fetch, refresh):  # a new process would list it; here the text is made anew
        option = command._live.source_option(lambda: None).__click_params__[0]
        assert "a toy (toy-vendor)" in option.help


@pytest.mark.parametrize("command", [("fetch",), ("refresh", "--symbols", "NVDA")])
def test_a_file_that_is_not_there_is_said_so(command, tmp_path, monkeypatch):
    monkeypatch.setenv("MARKET_IMPACT_DB", str(tmp_path / "prices.duckdb"))
    done = CliRunner().invoke(main, [*command, "--from", str(tmp_path / "none.csv")])
    assert (done.exit_code, "none.csv" in done.stderr) == (2, True)
    assert not (tmp_path / "prices.duckdb").exists()
