"""The page: results in, one self-contained HTML document out. It computes nothing."""

from __future__ import annotations

import base64
import functools
import hashlib
from collections import Counter
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING

import jinja2
from markupsafe import Markup

from analysis._bundle import bundled_data
from analysis.context.absent import Absent
from analysis.context.curve import ESTIMANDS
from analysis.export import versions
from analysis.figures.catalog import FIGURES
from analysis.figures.export import absent, drawers
from analysis.formatting import counted, percent, scale_of
from analysis.models.catalog import MODELS
from analysis.narrative import headline_sentence, report_narrative
from analysis.narrative_curve import CHOICE_TITLES
from analysis.prices.manifest import read_manifest
from analysis.report.cells import cite, cited_markup
from analysis.report.details import ABROAD, CLAIMS, LEAVE_ONE_OUT, REGIMES, WORLD
from analysis.report.svg import InlineFigure, inline_figure
from analysis.report.tables import detail_table, study_tables
from analysis.results import Place
from analysis.study_file import dump_study
from analysis.tables.cells import Cell
from analysis.tables.notes import value_source

if TYPE_CHECKING:
    from analysis._typing import Progress
    from analysis.context.curve import Multiverse, SpecificationCurve
    from analysis.context.details import Details
    from analysis.tables.cells import CellTable


@dataclass(frozen=True, slots=True)
class KeyNumber:
    """One of the three numbers at the top, with its interval or range."""

    what: str
    value: Cell
    before: str
    low: Cell
    high: Cell
    after: str = ""


@dataclass(frozen=True, slots=True)
class PageFigure:
    """A figure of the page with the table of what it shows."""

    drawing: InlineFigure
    table: CellTable | None


def report_page(details: Details, *, progress: Progress | None = None) -> str:
    """
    Write a study's report.

    Parameters
    ----------
    details : Details
    progress : callable, optional
        Told ``(label, done, total)`` after each figure.

    Returns
    -------
    str
        An HTML document without any reference outside itself. Text that came from files is
        escaped, and a content security policy refuses every script but the page's own.
    """
    result = details.result
    script, style = asset("report.js"), asset("report.css")
    page = (
        environment()
        .get_template("report.html")
        .render(
            title=result.study.title,
            data_name=result.data_name,
            headline=cited_markup(headline_sentence(result, cite)),
            numbers=_numbers(details),
            narrative=[cited_markup(text) for text in report_narrative(details, cite)],
            figures=_figures(details, progress),
            absent=[f"No figure {name}: {reason}." for name, reason in absent(details).items()],
            claims=detail_table(details, CLAIMS),
            verdicts=_verdicts(details),
            tables=_tables(details),
            method=_method(details),
            inputs=_inputs(details),
            versions=", ".join(f"{name} {version}" for name, version in versions().items()),
            version=versions()["market-impact"],
            study=dump_study(result.study),
            style=Markup(style),  # noqa: S704 - the package's own file
            script=Markup(script),  # noqa: S704 - the package's own file
            script_hash=policy_hash(script),
        )
    )
    return page.rstrip() + "\n"


@functools.cache
def environment() -> jinja2.Environment:
    """Open the templates of pages; every text in them is escaped."""
    return jinja2.Environment(
        loader=jinja2.PackageLoader("analysis.report", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def asset(name: str) -> str:
    """Read a file that lies beside the templates."""
    return resources.files("analysis.report").joinpath("templates", name).read_text("utf-8")


def policy_hash(script: str) -> str:
    """Name a script as the page's content security policy does."""
    digest = hashlib.sha256(script.encode()).digest()
    return "sha256-" + base64.b64encode(digest).decode()


def _numbers(details: Details) -> list[KeyNumber]:
    result = details.result
    head, window = result.headline, result.headline_window
    level = f"{100 * result.study.level:g} % interval "

    def at(value: float | None, text: str, column: str) -> Cell:
        return Cell(text, value, result.place(head, window.window, column))

    found = [
        KeyNumber(
            f"abnormal return of {head.symbol}, window {window.window}",
            at(window.car, percent(window.car), "car"),
            level,
            at(window.t.low, percent(window.t.low), "car_low"),
            at(window.t.high, percent(window.t.high), "car_high"),
        )
    ]
    usd = window.impact
    if usd is not None:
        scale = scale_of(usd.abnormal, usd.low, usd.high)
        found.append(
            KeyNumber(
                f"abnormal change in market value, {usd.currency} {scale.long}",
                at(usd.abnormal, scale.write(usd.abnormal), usd.column("impact")),
                level,
                at(usd.low, scale.write(usd.low), usd.column("impact_low")),
                at(usd.high, scale.write(usd.high), usd.column("impact_high")),
            )
        )
    elif not isinstance(details.conformal, Absent):
        low, high = details.conformal.outcome.low, details.conformal.outcome.high
        found.append(
            KeyNumber(
                "the same, its interval by permutation of sessions",
                at(window.car, percent(window.car), "car"),
                f"{100 * result.study.level:g} % conformal interval ",
                Cell(percent(low), low),
                Cell(percent(high), high),
            )
        )
    curve = details.multiverse.leading
    return found if curve is None else [*found, _curve_number(curve)]


def _curve_number(curve: SpecificationCurve) -> KeyNumber:
    (low, high), half = curve.range, curve.middle
    last, middle = len(curve.points) + 1, 2 + curve.middle_place
    name = "specifications.csv"
    if curve.middle.impact is None:
        return KeyNumber(
            f"median of {counted(len(curve.points), 'specification')}",
            Cell(percent(half.abnormal), half.abnormal, Place(name, middle, "abnormal_return")),
            "all of them from ",
            Cell(percent(low.abnormal), low.abnormal, Place(name, 2, "abnormal_return")),
            Cell(percent(high.abnormal), high.abnormal, Place(name, last, "abnormal_return")),
        )
    scale = scale_of(low.impact, high.impact)
    return KeyNumber(
        f"median of {counted(len(curve.points), 'specification')}, {half.currency} {scale.long}",
        Cell(scale.write(half.impact), half.impact, Place(name, middle, "impact")),
        "all of them from ",
        Cell(scale.write(low.impact), low.impact, Place(name, 2, "impact")),
        Cell(scale.write(high.impact), high.impact, Place(name, last, "impact")),
    )


def _figures(details: Details, progress: Progress | None) -> list[PageFigure]:
    ready = drawers(details.result, details)
    made = []
    for done, (name, draw) in enumerate(ready.items(), start=1):
        shown = next((file for file in FIGURES[name].files if file.on_page), None)
        table = None if shown is None else detail_table(details, shown)
        made.append(PageFigure(inline_figure(name, draw), table))
        if progress is not None:
            progress(f"figure {name}", done, len(ready))
    return made


def _tables(details: Details) -> list[CellTable]:
    more = (detail_table(details, file) for file in (LEAVE_ONE_OUT, REGIMES, WORLD, ABROAD))
    return [*study_tables(details.result), *(table for table in more if table is not None)]


def _verdicts(details: Details) -> str:
    counts: Counter[str] = Counter(item.finding.verdict for item in details.claims)
    return ", ".join(f"{counts[v]} {said}" for v, said in _PLURAL.items() if counts[v])


_PLURAL = {
    "holds": "hold",
    "holds within rounding": "hold within rounding",
    "consistent": "are consistent",
    "differs slightly": "differ slightly",
    "does not hold": "do not hold",
    "not derivable": "are not derivable",
    "cannot be tested here": "cannot be tested here",
}


def _method(details: Details) -> list[str]:
    result = details.result
    study, head = result.study, result.headline
    spec = MODELS[head.model]
    what = f"The headline's model is the {spec.title} ({spec.reference})"
    if spec.uses_benchmark:
        what += f" on {head.benchmark}"
    kind = "logarithms" if study.log else "simple"
    lines = [
        (
            f"{what}, fitted by event time on the sessions {study.estimation} "
            f"({head.n_estimation} used, {head.df} degrees of freedom, residual standard deviation "
            f"{percent(head.sigma)}). Returns are {kind}, dividends included. An abnormal return "
            "is the realised less the expected one; its standard error is that of a prediction: it "
            "holds the error of the day and of the estimated parameters (Patell 1976). Session 0 "
            "is the first whose close came after the news."
        ),
        (
            "p is Student's t; the sample-quantile p ranks the day among the estimation residuals; "
            "the placebo p ranks its t among the same statistic on earlier dates, the model fitted "
            "anew for each. All firms share one date, so tests that take them for independent are "
            "not shown."
        ),
        (
            "Dollars are the market value at each close before times the abnormal return; their "
            "intervals hold the error of the expected return, not that of the share count."
        ),
    ]
    if details.multiverse.curves:
        lines.append(_curve_method(details.multiverse))
    if result.shares:
        lines.append(
            "Market values are shares times the printed close of the eve: "
            + "; ".join(value_source(result, symbol) for symbol in result.shares)
            + "."
        )
    return lines


def _curve_method(multiverse: Multiverse) -> str:
    left_out = f"Left out: {'; '.join(multiverse.left_out)}. " if multiverse.left_out else ""
    curve = multiverse.curves[0]
    shares = ", ".join(
        f"{CHOICE_TITLES[name]} {percent(v, 0)}" for name, v in curve.effects.items()
    )
    spread = f" Its variance comes from: {shares} (Shapley values)." if shares else ""
    return (
        "The specification curve crosses the study's models and benchmarks, and these without the "
        "firm and without every firm of the study where weights are known, with estimation "
        f"lengths, gaps and return types: {counted(len(curve.points), 'answer')} to the headline's "
        f"own question, {ESTIMANDS[curve.estimand]}; other questions have curves of their own, and "
        "families of benchmarks weigh alike. "
        f"{left_out}On placebo dates every specification is fitted anew, and what is ranked is a "
        f"figure of the whole curve (Simonsohn, Simmons and Nelson 2020).{spread}"
    )


def _inputs(details: Details) -> list[dict[str, str]]:
    known = read_manifest(bundled_data())
    files = [*details.result.inputs, *details.inputs]
    return [
        {
            "name": item.name,
            "sha256": item.sha256,
            "about": _about(known[item.name]) if item.name in known else "",
        }
        for item in dict.fromkeys(files)
    ]


def _about(entry: dict[str, str]) -> str:
    return f"{entry['title']}. Source: {entry['source']}. Limits: {entry['limits']}."
