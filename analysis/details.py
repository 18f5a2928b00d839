"""
All that a report tells beyond the study's own run, computed once.

Figures and the report read a `Details` and compute nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis.claims.evidence import CheckedClaim, check_claims, gather
from analysis.claims.ledger import load_ledger
from analysis.prices.load import SNAPSHOT
from analysis.robustness import LeftOut, SpecificationCurve, as_rows, leave_one_out
from analysis.robustness import specification_curve as curve_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from analysis._typing import Progress
    from analysis.claims.ledger import Ledger
    from analysis.prices.manifest import InputFile
    from analysis.prices.market_data import MarketData
    from analysis.results import StudyResult


@dataclass(frozen=True, eq=False)
class Details:
    """
    A study's results with what surrounds them.

    Attributes
    ----------
    result : StudyResult
    curve : SpecificationCurve
    left_out : tuple of LeftOut
    ledger : Ledger or None
        None where no ledger belongs to the study.
    claims : tuple of CheckedClaim
    absent : mapping of str to str
        Figures that there are not, by name, and why.
    remarks : tuple of str
        What a reader must know of the method beyond the study's own.
    inputs : tuple of InputFile
        Files read beyond the study's own.
    """

    result: StudyResult
    curve: SpecificationCurve
    left_out: tuple[LeftOut, ...]
    ledger: Ledger | None
    claims: tuple[CheckedClaim, ...]
    absent: Mapping[str, str]
    remarks: tuple[str, ...]
    inputs: tuple[InputFile, ...]

    @cached_property
    def tables(self) -> dict[str, pd.DataFrame]:
        """Tidy frames by the name of the file that they are written to; only those with rows."""
        frames = {
            "specifications.csv": self.curve.tidy,
            "leave-one-out.csv": pd.DataFrame(as_rows(self.left_out)),
            "claims.csv": pd.DataFrame([_claim_row(item) for item in self.claims]),
        }
        return {name: frame for name, frame in frames.items() if len(frame)}


def find_details(
    result: StudyResult, data: MarketData, *, progress: Progress | None = None
) -> Details:
    """
    Compute what surrounds a study's results.

    Parameters
    ----------
    result : StudyResult
    data : MarketData
        The data that the study ran on.
    progress : callable, optional
        Told ``(label, done, total)``.

    Returns
    -------
    Details

    Raises
    ------
    MarketImpactError
        If the study cannot run on these data.
    """
    study = result.study
    curve = curve_of(study, data, progress=progress)
    ledger = load_ledger()
    belongs = study.id == ledger.study and study.data == SNAPSHOT
    return Details(
        result=result,
        curve=curve,
        left_out=leave_one_out(study, data),
        ledger=ledger if belongs else None,
        claims=check_claims(ledger, gather(ledger, data)) if belongs else (),
        absent={},
        remarks=(),
        inputs=ledger.inputs if belongs else (),
    )


def _claim_row(item: CheckedClaim) -> dict[str, Any]:
    claim, finding = item.claim, item.finding
    return {
        "id": claim.id,
        "says": claim.says,
        "source": claim.source,
        "unit": claim.unit,
        "claimed": " to ".join(f"{value:g}" for value in claim.claimed),
        "computed": finding.shown or " to ".join(f"{value:.4g}" for value in finding.computed),
        "verdict": finding.verdict,
        "reasoning": finding.reasoning,
    }
