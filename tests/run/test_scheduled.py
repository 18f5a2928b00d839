"""Days on which news was due, as the study itself names them."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pandas as pd
import pytest

from analysis.errors import StudyError
from analysis.run.plan import plan_study, with_scheduled
from analysis.study import ScheduledNews
from analysis.study_file import dump_study, parse_study


def test_days_of_the_study_stand_in_place_of_those_of_the_data(small_study, snapshot):
    news = ScheduledNews("NVDA", (dt.datetime(2024, 8, 28, 20, 20, tzinfo=dt.UTC), "2024-05-23"))
    plan = plan_study(replace(small_study, scheduled=(news,)), snapshot)
    assert plan.reference.results_days["NVDA"] == (
        pd.Timestamp("2024-05-23"), pd.Timestamp("2024-08-29"),
    )  # fmt: skip
    assert len(snapshot.reference.results_days["NVDA"]) > 30


def test_the_days_of_the_data_written_out_give_the_same_answer(small_study, snapshot, small):
    days = snapshot.reference.results_days["NVDA"]
    own = replace(
        small_study, scheduled=(ScheduledNews("NVDA", tuple(day.date() for day in days)),)
    )
    bare = replace(snapshot.reference, results_days={})
    assert with_scheduled(own, bare).results_days["NVDA"] == days
    assert with_scheduled(small_study, bare).results_days == {}


def bare(study) -> str:
    """The study's file without the table, which is empty."""
    return dump_study(study).replace("scheduled = []\n", "")


def test_a_study_file_holds_them(small_study):
    text = (
        bare(small_study)
        + """
[[scheduled]]
symbol = "NVDA"
when = [2024-05-22T20:20:00Z, 2024-08-28]
source = "the firm's calendar"
"""
    )
    study = parse_study(text)
    (news,) = study.scheduled
    assert news.when == (dt.datetime(2024, 5, 22, 20, 20, tzinfo=dt.UTC), dt.date(2024, 8, 28))
    assert parse_study(dump_study(study)) == study


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ('symbol = "NVDA"\nwhen = []', "'when' lists no day"),
        ('symbol = "NVDA"\nwhen = [2024-05-22, 2024-05-22]', "occurs twice"),
        ('symbol = "NVDA"\nwhen = [2024-05-22T20:20:00]', "has no time zone"),
        ('symbol = "NVDX"\nwhen = [2024-05-22]', "no firm of the study"),
        ('symbol = "NVDA"', "key 'when' is missing"),
    ],
)
def test_a_wrong_list_is_told(small_study, table, words):
    with pytest.raises(StudyError, match=words):
        parse_study(f"{bare(small_study)}\n[[scheduled]]\n{table}\n")
