"""What a study brings along: where its files lie, and its own chronology."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from analysis._bundle import bundled_data
from analysis.errors import DataError
from analysis.prices import study_data
from analysis.prices.manifest import sha256_of
from analysis.prices.study_data import load_chronology, read_companion, with_chronology

OWN = """
[[event]]
id = "b"
title = "B"
kind = "firm"
source = "s"
date = 2025-01-28
confounds = true
[[event]]
id = "a"
title = "A"
kind = "firm"
source = "s"
date = 2025-01-25
confounds = false
"""


def test_a_file_lies_beside_what_names_it(tmp_path):
    (tmp_path / "news.toml").write_text(OWN)
    study = str(tmp_path / "study.toml")
    content, identity = read_companion("news.toml", beside=study)
    assert content.decode() == OWN
    assert identity.name == str(tmp_path / "news.toml")
    assert identity.sha256 == sha256_of(OWN.encode())
    whole = str(tmp_path / "news.toml")
    assert read_companion(whole)[0] == read_companion(whole, beside=study)[0] == content


def test_a_bundled_file_lies_in_its_study_whatever_names_it(tmp_path):
    folder = bundled_data() / "studies" / "deepseek-2025"
    file = next(path for path in sorted(folder.iterdir()) if path.name != "study.toml")
    expected = file.read_bytes()
    named = f"bundled:deepseek-2025/{file.name}"
    for name, beside in (
        (named, ""),
        (named, str(tmp_path / "mine.toml")),
        (file.name, "bundled:deepseek-2025/study.toml"),
    ):
        assert read_companion(name, beside=beside)[0] == expected


def test_a_file_may_have_sixteen_million_bytes_and_no_more(tmp_path, monkeypatch):
    assert study_data.LARGEST == 16_000_000
    monkeypatch.setattr(study_data, "LARGEST", 10)
    for size, there in ((10, True), (11, False)):
        (tmp_path / "x").write_bytes(b"a" * size)
        if there:
            assert len(read_companion(str(tmp_path / "x"))[0]) == size
            continue
        with pytest.raises(DataError, match="no regular file of at most 10 bytes"):
            read_companion(str(tmp_path / "x"))
    with pytest.raises(DataError, match="no regular file"):
        read_companion(str(tmp_path))
    with pytest.raises(DataError, match="which the study names, cannot be read"):
        read_companion(str(tmp_path / "gone"))


def test_a_study_without_a_chronology_keeps_that_of_the_data(small_study, snapshot, tmp_path):
    assert load_chronology("", calendar="XNYS") == ((), ())
    assert with_chronology(replace(small_study, chronology=""), snapshot) is snapshot
    (tmp_path / "news.toml").write_text(OWN)
    own = replace(small_study, chronology=str(tmp_path / "news.toml"))
    data = with_chronology(own, snapshot)
    entries = data.reference.chronology
    assert [(e.id, e.session.date()) for e in entries] == [
        ("a", dt.date(2025, 1, 27)),  # of a Saturday
        ("b", dt.date(2025, 1, 28)),
    ]
    assert [item.name for item in data.inputs[len(snapshot.inputs) :]] == [own.chronology]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"\xff\xfe", "no text in UTF-8"),
        (b"event = 1", r"write every entry as an \[\[event\]\] table"),
        (b"event = [1, 2]", r"write every entry as an \[\[event\]\] table"),
        (b"", r"write every entry as an \[\[event\]\] table"),
    ],
)
def test_a_chronology_that_is_none_is_refused(tmp_path, content, says):
    (tmp_path / "news.toml").write_bytes(content)
    with pytest.raises(DataError, match=says):
        load_chronology(str(tmp_path / "news.toml"), calendar="XNYS")


@pytest.mark.parametrize(
    ("name", "reason"),
    [("none.toml", r"\(No such file or directory\)"), ("a\x00b", r"\(embedded null byte\)")],
)
def test_a_file_that_cannot_be_read_is_told_with_the_reason(tmp_path, name, reason):
    with pytest.raises(DataError, match=f"which the study names, cannot be read {reason}"):
        read_companion(name, beside=str(tmp_path / "study.toml"))
