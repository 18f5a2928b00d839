"""A figure is one file: it is in the registry by being there, and everything else follows."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from dataclasses import replace

import pytest

from analysis._discovery import entries, in_reading_order, names
from analysis.figures import gallery
from analysis.figures.catalog import FIGURES
from analysis.figures.export import absent, drawers
from analysis.figures.figure import Figure

TOY = """
from analysis.figures.figure import DetailFigure
from analysis.figures.style import LIGHT, title
from analysis.tables.file import TidyFile


def draw(details, style=LIGHT):
    figure, axes = style.figure(3)
    axes.plot([0, 1], [0, details.result.headline.beta])
    title(figure, "A toy stands where it was put", "beta", style)
    return figure


FIGURE = DetailFigure(
    name="toy-wave",
    place=15,
    caption="A toy",
    draw=draw,
    files=(
        TidyFile("toy-wave.csv", "Rows of a toy", lambda d: d.result.tidy.head(2), on_page=True),
    ),
)
"""
SMALL = ["--symbols", "NVDA", "--model", "market", "--event", "sell-off", "--benchmark", "SPY"]


@pytest.fixture
def toys(tmp_path):
    folder = tmp_path / "toys"
    folder.mkdir()
    (folder / "toy_wave.py").write_text(TOY)
    return folder


def run(toys, root, *arguments: str) -> str:
    """Run the command with a folder of figures of one's own."""
    code = textwrap.dedent(f"""
        from analysis.figures import gallery
        gallery.__path__.append({str(toys)!r})
        from analysis.cli import main
        main({list(arguments)!r})
    """)
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=root, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_module_is_a_figure_with_its_own_place_and_caption() -> None:
    assert set(FIGURES) == set(names(gallery))
    places = [figure.place for figure in FIGURES.values()]
    assert places == sorted(set(places))
    assert all(figure.caption and not figure.caption.endswith(".") for figure in FIGURES.values())
    files = [file.name for figure in FIGURES.values() for file in figure.files]
    assert len(files) == len(set(files))


def test_every_figure_of_a_study_is_drawn_or_its_absence_explained(small) -> None:
    drawn = set(drawers(small))
    reasons = {name: figure.reason(small, None) for name, figure in FIGURES.items()}
    assert drawn == {name for name, why in reasons.items() if not why}
    assert set(FIGURES) - drawn == {name for name, why in reasons.items() if why}
    assert reasons["firms"] == "needs two firms"


@pytest.mark.slow
def test_nothing_is_absent_from_the_bundled_study(full_details) -> None:
    assert absent(full_details) == {}
    assert list(drawers(full_details.result, full_details)) == list(FIGURES)


@pytest.mark.slow
def test_a_figure_is_one_file_to_the_command(toys, root, tmp_path) -> None:
    assert "toy-wave" in run(toys, root, "figures", "--help").replace("\n", "").replace(" ", "")
    out = tmp_path / "out"
    told = run(toys, root, "figures", *SMALL, "--only", "toy-wave", "--out", str(out))
    assert [path.name for path in sorted(out.glob("[!.]*"))] == [
        "toy-wave.pdf",
        "toy-wave.png",
        "toy-wave.svg",
    ]
    assert str(out / "toy-wave.png") in told


@pytest.mark.slow
def test_a_figure_is_one_file_to_the_report(toys, root, tmp_path) -> None:
    out = tmp_path / "out"
    run(toys, root, "report", *SMALL, "--out", str(out))
    page = (out / "report.html").read_text()
    assert "A toy stands where it was put" in page
    assert "Rows of a toy" in page
    appendix = page.index('id="appendix"')  # the story knows its own figures, all others follow
    assert page.index("figure-event-path") < appendix < page.index("figure-toy-wave")
    assert page.index("figure-toy-wave") < page.index("figure-placebo-dates")
    assert len((out / "toy-wave.csv").read_text().splitlines()) == 3


def test_a_module_without_a_figure_is_a_defect(toys, monkeypatch) -> None:
    (toys / "not_a_figure.py").write_text("FIGURE = 5\n")
    monkeypatch.setattr(gallery, "__path__", [*gallery.__path__, str(toys)])
    with pytest.raises(TypeError, match=r"not_a_figure has no FIGURE that is a Figure"):
        entries(gallery, "FIGURE", Figure)


def test_two_figures_at_one_place_or_under_another_name_are_a_defect() -> None:
    path, dates = FIGURES["event-path"], FIGURES["placebo-dates"]
    with pytest.raises(ValueError, match="share place"):
        in_reading_order({path.name: path, dates.name: replace(dates, place=path.place)})
    with pytest.raises(ValueError, match="is named 'event-path'"):
        in_reading_order({"event-way": path})
