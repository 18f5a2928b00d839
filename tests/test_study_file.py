"""Study files: read whole, refused by name, written back."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest

from analysis.errors import StudyError
from analysis.study_file import dump_study, load_study, parse_study
from analysis.windows import Window

if TYPE_CHECKING:
    from pathlib import Path

    from analysis.study import Study

SMALLEST = """
id = "s"
event_firm = "NVDA"
symbols = ["NVDA"]
[[events]]
id = "e"
title = "E"
when = 2025-01-27
[[benchmarks]]
id = "SPY"
"""
PURGED = '\nweight = 0.05\nweight_session = 2025-01-24\nsource = "fund page"\n'


def test_the_smallest_study_takes_the_usual_choices() -> None:
    study = parse_study(SMALLEST)
    assert study.models == ("market",)
    assert (study.estimation, study.min_estimation) == (Window(-260, -11), 200)
    assert study.windows == (Window(0, 0),)
    assert (study.level, study.calendar, study.data) == (0.95, "XNYS", "snapshot")
    assert (study.headline.event, study.headline.symbol) == ("e", "NVDA")
    assert study.title == "s"


def test_the_bundled_study_is_what_it_is_said_to_be(study: Study) -> None:
    assert {e.id: e.when for e in study.events} == {
        "v3-release": dt.date(2024, 12, 26),
        "v3-report": dt.date(2024, 12, 27),
        "r1-release": dt.date(2025, 1, 20),
        "sell-off": dt.datetime(2025, 1, 27, 9, 22, tzinfo=dt.UTC),
    }
    assert all(e.source.startswith("https://") for e in study.events)
    purged = next(b for b in study.benchmarks if b.purged_of)
    assert (purged.id, purged.symbol, purged.purged_of) == ("SPY-ex", "SPY", "NVDA")
    assert (purged.weight, purged.weight_session) == (0.0677, dt.date(2025, 1, 24))


def test_written_and_read_again_it_is_the_same(study: Study) -> None:
    assert parse_study(dump_study(study)) == study


def test_market_values_and_market_codes_survive_the_round_trip() -> None:
    text = SMALLEST + (
        '[[market_values]]\nsymbol = "NVDA"\nshares = 24_490_000_000\nas_of = 2025-01-26\n'
        'source = "10-K"\nclose = 142.62\nclose_session = 2025-01-24\n'
    )
    study = parse_study(text)
    assert study.market_values[0].shares == 24.49e9
    assert parse_study(dump_study(study)) == study


def test_a_purged_benchmark_may_have_any_name() -> None:
    text = SMALLEST + '[[benchmarks]]\nid = "pure"\nsymbol = "SPY"\npurged_of = "NVDA"' + PURGED
    purged = parse_study(text).benchmarks[1]
    assert (purged.id, purged.purged_of, purged.weight) == ("pure", "NVDA", 0.05)
    assert parse_study(dump_study(parse_study(text))) == parse_study(text)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('id = "s"', 'id = "s"\nmodles = ["mean"]', "key 'modles' is unknown; did you mean 'model"),
        ('title = "E"', 'titel = "E"', r"\[\[events\]\] number 1 'e': key 'title' is missing"),
        ('title = "E"', 'title = "E"\nwen = 2', "key 'wen' is unknown; did you mean 'when'"),
        ('id = "SPY"', 'id = "SPY"\nweight = 0.07', "key 'weight' is unknown"),
        ('id = "SPY"', 'id = "SPY-ex"', "key 'weight' is missing"),
        ('id = "SPY"', 'id = "SPY-ex"\npurged_of = ""' + PURGED, "purged of no firm"),
        (
            'id = "SPY"',
            'id = "SPY-ex"\nweight = 0.1\nweight_session = 2025-01-24T21:00:00Z',
            "'weight_session' is 2025-01-24T21:00:00.*a date such as",
        ),
        ("when = 2025-01-27", 'when = "2025-01-27"', "a date such as 2025-01-27 is needed"),
        ("when = 2025-01-27", "when = 2025-01-27T09:00:00", "no time zone"),
        ('symbols = ["NVDA"]', "symbols = []", "no firm is named"),
        ('symbols = ["NVDA"]', 'symbols = ["NVDA", 3]', "'symbols' holds 3; texts are needed"),
        ('symbols = ["NVDA"]', 'symbols = ["NVDA", "NVDA"]', "symbol 'NVDA' occurs twice"),
        ('symbols = ["NVDA"]', 'symbols = "NVDA"', "a list is needed"),
        ('id = "s"', 'id = "s"\nlevel = true', "'level' is True; a number is needed"),
        ('id = "s"', 'id = "s"\nlevel = nan', "level nan is not between"),
        ('id = "s"', 'id = "s"\nmin_estimation = 200.5', "a whole number is needed"),
        ('id = "s"', 'id = "s"\nmodels = []', "'models' is empty"),
        (
            'id = "s"',
            'id = "s"\nwindows = ["1..0"]',
            r"write the earlier session first, as in 0..1",
        ),
        ('id = "s"', 'id = "s"\nestimation = "a..b"', "'a..b' is no window"),
        ('id = "s"', 'id = "s"\ngroups = ["A"]', r"must be written as \[\[groups\]\] tables"),
        ('id = "s"', 'id = "s"\nid = "t"', "no valid TOML"),
        ('id = "s"', "", "key 'id' is missing"),
        ('id = "SPY"', 'id = "SPY"\n[headline]\nbeside = "SOXX"', "headline names beside 'SOXX'"),
        ('id = "SPY"', 'id = "SPY"\n[headline]\nmodell = "x"', r"\[headline\]: key 'modell'"),
        ('id = "SPY"', 'id = "SPY"\n[[groups]]\nid = "g"\nsymbols = []', "holds no symbol"),
        (
            'id = "SPY"',
            'id = "SPY"\n[[groups]]\nid = "g"\nsymbols = ["NVDA"]',
            "symbol 'NVDA' occurs twice",
        ),
    ],
)
def test_a_wrong_study_is_refused_by_file_and_key(old: str, new: str, message: str) -> None:
    assert old in SMALLEST
    with pytest.raises(StudyError, match=message) as caught:
        parse_study(SMALLEST.replace(old, new), where="my.toml")
    assert str(caught.value).startswith("my.toml: ")


def test_a_study_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match=r"no study 'deepseek-2024'.*did you mean 'deepseek-2025'"):
        load_study("deepseek-2024")
    with pytest.raises(StudyError, match="cannot be read"):
        load_study(tmp_path)
    (tmp_path / "latin.toml").write_bytes(b'id = "\xe9"')
    with pytest.raises(StudyError, match="cannot be read"):
        load_study(tmp_path / "latin.toml")


def test_a_relative_data_path_is_taken_from_the_files_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "my.toml").write_text('data = "levels.csv"\n' + SMALLEST)
    monkeypatch.chdir(tmp_path)
    assert load_study("my.toml").data == str((tmp_path / "levels.csv").resolve())
