"""Results as LaTeX."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.formatting import billions, number, probability

if TYPE_CHECKING:
    from analysis.results import StudyResult

_LATEX = str.maketrans(
    {
        **{character: "\\" + character for character in "&%$#_{}"},
        "^": r"\textasciicircum{}",
        "~": r"\textasciitilde{}",
        "\\": r"\textbackslash{}",
    }
)


def latex_table(result: StudyResult) -> str:
    r"""
    Write the tidy results as a LaTeX table (package booktabs).

    Parameters
    ----------
    result : StudyResult

    Returns
    -------
    str
        A ``tabular`` environment; returns in percent, dollars in billions.
    """
    frame = result.tidy
    shown = frame[["event", "session", "symbol", "model", "benchmark", "window"]].copy()
    shown["beta"] = frame["beta"].map(number)
    shown["AR (%)"] = (100 * frame["car"]).map(number)
    shown["s.e. (%)"] = (100 * frame["se"]).map(number)
    shown["t"] = frame["t"].map(number)
    shown["df"] = frame["df"].map(lambda df: number(df, 0))
    shown["p"] = frame["p"].map(probability).str.replace("<", "$<$", regex=False)
    shown["USD bn"] = frame["impact_usd"].map(billions)
    for name in ("event", "symbol", "model", "benchmark"):
        shown[name] = shown[name].map(_latex_escape)
    body = shown.to_dict("split")["data"]
    header = " & ".join(_latex_escape(str(name)) for name in shown.columns)
    lines = [" & ".join(map(str, row)) + r" \\" for row in body]
    columns = "llllll" + "r" * (len(shown.columns) - 6)
    return "\n".join(
        [
            rf"\begin{{tabular}}{{{columns}}}",
            r"\toprule",
            header + r" \\",
            r"\midrule",
            *lines,
            r"\bottomrule",
            r"\end{tabular}",
            "",
        ]
    )


def _latex_escape(text: str) -> str:
    return text.translate(_LATEX)
