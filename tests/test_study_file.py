"""Study files: read whole, refused by name, written back."""

from __future__ import annotations

import datetime as dt
import os
import tomllib
from dataclasses import fields
from typing import TYPE_CHECKING

import pytest

from analysis.errors import StudyError
from analysis.keys import keys_of
from analysis.overrides import Overrides
from analysis.study import Benchmark, Event, Group, Headline, MarketValue, Study
from analysis.study_file import dump_study, load_study, parse_study
from analysis.windows import Window

if TYPE_CHECKING:
    from pathlib import Path

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
        (
            'title = "E"',
            'titel = "E"',
            "number 1 'e': key 'titel' is unknown; did you mean 'ti",
        ),
        ('title = "E"', "", r"\[\[events\]\] number 1 'e': key 'title' is missing"),
        ('title = "E"', 'title = "E"\nwen = 2', "key 'wen' is unknown; did you mean 'when'"),
        ('id = "SPY"', 'id = "SPY"\nweight = 0.07', "has a weight and is purged of no firm"),
        (
            'id = "SPY"',
            'id = "SPY-ex"\nweight = 0.07',
            "is purged of the event firm: give its weight and weight_",
        ),
        (
            'id = "SPY"',
            'id = "SPY-ex"\npurged_of = ["A", "B"]\nweight = 0.07\nweight_session = 2025-01-24',
            "is purged of 2 firms and has one weight; leave weight and weight_session out",
        ),
        ('id = "SPY"', 'id = "SPY-ex"\npurged_of = ""' + PURGED, "purged of no firm"),
        (
            'id = "SPY"',
            'id = "SPY-ex"\nweight = 0.1\nweight_session = 2025-01-24T21:00:00Z',
            "'weight_session' is 2025-01-24T21:00:00.*a date such as",
        ),
        ("when = 2025-01-27", 'when = "27 Jan 2025"', "an instant such as .* without quotes"),
        ("when = 2025-01-27", "when = 2025-01-27T09:00:00", "no time zone"),
        ('symbols = ["NVDA"]', "symbols = []", "names no firm"),
        (
            'symbols = ["NVDA"]',
            'symbols = ["NVDA", 3]',
            "'symbols' number 2 is 3; a text",
        ),
        ('symbols = ["NVDA"]', 'symbols = ["NVDA", "NVDA"]', "symbol 'NVDA' occurs twice"),
        ('symbols = ["NVDA"]', 'symbols = "NVDA"', r'a list is needed, as in symbols = \["NVDA"\]'),
        (
            'symbols = ["NVDA"]',
            'symbol = ["NVDA"]',
            "key 'symbol' is unknown; did you mean 'sym",
        ),
        ('id = "s"', 'id = "s"\nlevel = true', "'level' is True; a number is needed"),
        ('id = "s"', 'id = "s"\nlevel = nan', "level nan is not between"),
        ('id = "s"', 'id = "s"\nmin_estimation = 200.5', "a whole number is needed"),
        ('id = "s"', 'id = "s"\nmodels = []', "names no model"),
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


# What once ended in a traceback, in infinite dollars or without a word.
ONCE_SILENT = [
    (
        'id = "s"',
        'id = "s"\nlevel = ' + "[" * 500 + "]" * 500,
        "nested too deep",
    ),
    ('id = "s"', 'id = "s"\nlevel = 1' + "0" * 400, "more than 18 digits; a number is needed"),
    ('id = "s"', 'id = "s"\nmin_estimation = 1' + "0" * 5000, "a value is too large"),
    ('id = "s"', 'id = "s"\nmin_estimation = 1' + "0" * 50, "of at most 1,000,000,000"),
    ('id = "s"', 'id = "s"\nwindows = ["0..' + "9" * 5000 + '"]', "is no window"),
    (
        'id = "s"',
        'id = "s"\nestimation = "-99999999999999999999..-11"',
        "than 100,000 sessions",
    ),
    ('id = "s"', 'id = "s"\nwindows = []', "names no event window"),
    ('id = "SPY"', 'id = "-ex"' + PURGED, "benchmark '-ex' names no symbol"),
    ('id = "s"', 'id = "s"\ndata = "a\\u0000"', "'data' holds a control character"),
    ('title = "E"', 'title = "E\\u001b[31m"', "'title' holds a control character"),
    ("2025-01-27", "0001-01-01T00:00:00+05:00", "the year 1 is not between"),
    ("2025-01-27", "9999-12-31T23:00:00-05:00", "the year 9999 is not between"),
    ('id = "s"', 'id = "s"\n' + "a." * 100_000 + "a = 1", "more than 30 parts"),
    ('id = "s"', 'id = "s"\nlevel = {' + '"a" . ' * 40 + "a = 1}", "more than 30 parts"),
    ('id = "SPY"', 'id = "SPY-ex"\nweight = 0\nweight_session = 2025-01-24', "or neither to take"),
    (
        'id = "SPY"',
        (
            'id = "SPY"\n[[market_values]]\nsymbol = "NVDAA"\nshares = 1e9\nas_of = 2025-01-24\n'
            'source = "s"\nclose = 1\nclose_session = 2025-01-24'
        ),
        "'NVDAA', which is no firm of the study; did you mean 'NVDA'",
    ),
    (
        'id = "SPY"',
        (
            'id = "SPY"\n[[market_values]]\nsymbol = "NVDA"\nshares = 1e308\nas_of = 2025-01-10\n'
            'source = "s"\nclose = 100\nclose_session = 2025-01-24'
        ),
        "more than any firm is worth",
    ),
]


@pytest.mark.parametrize(("old", "new", "message"), ONCE_SILENT)
def test_an_extreme_study_is_refused_in_one_line(old: str, new: str, message: str) -> None:
    with pytest.raises(StudyError, match=message) as caught:
        parse_study(SMALLEST.replace(old, new), where="my.toml")
    assert len(str(caught.value)) < 400
    assert str(caught.value).isprintable()


@pytest.mark.posix
def test_a_study_that_is_no_regular_file_or_too_large_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.toml")
    with pytest.raises(StudyError, match="it is no regular file"):
        load_study(tmp_path / "pipe.toml")
    (tmp_path / "large.toml").write_bytes(b"#" * 1_000_001)
    with pytest.raises(StudyError, match="1,000,001 bytes, 1,000,000 are the most"):
        load_study(tmp_path / "large.toml")
    (tmp_path / "loop.toml").symlink_to(tmp_path / "loop.toml")
    for name in (tmp_path / "loop.toml", "a\0b", "x" * 5000):
        with pytest.raises(StudyError, match=r"no study|cannot be read"):
            load_study(name)


def test_ordinary_text_with_many_dots_is_no_long_key() -> None:
    text = SMALLEST.replace('title = "E"', f'title = "{"and so on ... " * 20}"')
    assert parse_study(text).events[0].title.startswith("and so on")


def test_dates_as_text_are_understood() -> None:
    text = SMALLEST.replace("2025-01-27", '"2025-01-27T09:22:00Z"') + (
        '[[market_values]]\nsymbol = "NVDA"\nshares = 24_490_000_000\nas_of = 2025-01-10\n'
        'source = "10-K"\nclose = 142.62\nclose_session = "2025-01-24"\n'
    )
    study = parse_study(text)
    assert study.events[0].when == dt.datetime(2025, 1, 27, 9, 22, tzinfo=dt.UTC)
    (value,) = study.market_values
    assert (value.as_of, value.close_session) == (dt.date(2025, 1, 10), dt.date(2025, 1, 24))
    assert parse_study(SMALLEST.replace("2025-01-27", '"2025-01-27"')) == parse_study(SMALLEST)


def test_a_firm_may_be_named_among_symbols_and_in_a_group() -> None:
    text = SMALLEST.replace('["NVDA"]', '["AMD", "NVDA"]') + (
        '[[groups]]\nid = "g"\nsymbols = ["NVDA", "MU"]\n'
    )
    assert parse_study(text).symbols == ("NVDA", "MU", "AMD")


def test_overrides_are_put_over_a_file_before_it_is_judged() -> None:
    text = SMALLEST.replace('id = "s"', 'id = "s"\nwindows = ["-30..30"]', 1)
    with pytest.raises(StudyError, match=r"my.toml: estimation window -260\.\.-11 reaches into"):
        parse_study(text, where="my.toml")
    study = parse_study(text, choices=Overrides(estimation="-290..-41"))
    assert (study.estimation, study.min_estimation) == (Window(-290, -41), 200)
    with pytest.raises(StudyError, match=r"^estimation window -20\.\.-11 has 10"):
        parse_study(text, where="my.toml", choices=Overrides(estimation="-20..-11"))


def test_a_wrong_name_in_the_file_is_found_under_overrides_too() -> None:
    text = SMALLEST.replace('id = "SPY"', 'id = "SPY"\n[headline]\nevent = "ee"')
    with pytest.raises(StudyError, match="headline names event 'ee'"):
        parse_study(text, choices=Overrides(events="e"))


def test_every_field_of_every_part_is_declared_once() -> None:
    for record in (Study, Event, Group, Benchmark, MarketValue, Headline):
        assert list(keys_of(record)) == [f.name for f in fields(record)]
        assert all(declared.says.endswith(".") for declared in keys_of(record).values())
    assert set(tomllib.loads(dump_study(load_study()))) <= set(keys_of(Study))
