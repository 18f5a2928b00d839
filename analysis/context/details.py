"""
All that a report tells beyond the study's own run, computed once.

Figures and the report read a `Details` and compute nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import pandas as pd

from analysis._bundle import bundled_data
from analysis.claims.evidence import CheckedClaim, check_claims, gather
from analysis.claims.ledger import load_ledger
from analysis.context.conformal import ConformalRank, conformal_rank
from analysis.context.contagion import FEWEST_FIRMS, Contagion, contagion
from analysis.context.dates import ReactionDates, reaction_dates
from analysis.context.history import LargestLoss, WorstDay, largest_losses, worst_days
from analysis.context.index_arithmetic import FARTHEST, IndexShare, index_shares
from analysis.context.recovery import RecoveryPath, recovery_path
from analysis.context.synthetic import SyntheticPath, synthetic_path
from analysis.context.volatility import ROLLING, VolatilityChange, volatility_change
from analysis.effects.setting import headline_setting
from analysis.prices.load import SNAPSHOT
from analysis.prices.manifest import read_verified
from analysis.prices.snapshot import NVDA_HISTORY, load_nvda_history
from analysis.robustness import LeftOut, SpecificationCurve, leave_one_out
from analysis.robustness import specification_curve as curve_of

if TYPE_CHECKING:
    from analysis._typing import Progress
    from analysis.effects.setting import Setting
    from analysis.prices.manifest import InputFile
    from analysis.prices.market_data import MarketData
    from analysis.results import StudyResult
    from analysis.study import Study
    from analysis.windows import Window

HISTORY_SYMBOL = "NVDA"
"""The firm whose longer history travels with the program."""


@dataclass(frozen=True, eq=False)
class Details:
    """
    A study's results with what surrounds them; a part that there is not is None or empty.

    Attributes
    ----------
    result : StudyResult
    curve : SpecificationCurve
    left_out : tuple of LeftOut
    claims : tuple of CheckedClaim
    contagion : Contagion or None
    index_shares : tuple of IndexShare
    reaction_dates : ReactionDates or None
    conformal : ConformalRank or None
    synthetic : SyntheticPath or None
    volatility : VolatilityChange or None
    recovery : RecoveryPath or None
    worst_days : tuple of WorstDay
    largest_losses : tuple of LargestLoss
    abroad : pandas.DataFrame or None
        Moves on other exchanges as published.
    inputs : tuple of InputFile
        Files read beyond the study's own.
    """

    result: StudyResult
    curve: SpecificationCurve
    left_out: tuple[LeftOut, ...]
    claims: tuple[CheckedClaim, ...]
    contagion: Contagion | None
    index_shares: tuple[IndexShare, ...]
    reaction_dates: ReactionDates | None
    conformal: ConformalRank | None
    synthetic: SyntheticPath | None
    volatility: VolatilityChange | None
    recovery: RecoveryPath | None
    worst_days: tuple[WorstDay, ...]
    largest_losses: tuple[LargestLoss, ...]
    abroad: pd.DataFrame | None
    inputs: tuple[InputFile, ...]

    @cached_property
    def tables(self) -> dict[str, pd.DataFrame]:
        """Tidy frames by the name of the file that they are written to; only those with rows."""
        dates, path = self.reaction_dates, self.synthetic
        frames = {
            "specifications.csv": self.curve.tidy,
            "abroad.csv": self.abroad,
            "leave-one-out.csv": pd.DataFrame([item.row for item in self.left_out]),
            "claims.csv": pd.DataFrame([claim_row(item) for item in self.claims]),
            "reactions.csv": None if dates is None else dates.tidy_firms,
            "reaction-groups.csv": None if dates is None else dates.tidy_groups,
            "own-dates.csv": None if dates is None else dates.tidy,
            "contagion.csv": None if self.contagion is None else self.contagion.tidy,
            "index-arithmetic.csv": pd.DataFrame(
                [row for share in self.index_shares for row in share.rows]
            ),
            "conformal.csv": None if self.conformal is None else self.conformal.tidy,
            "synthetic-control.csv": None if path is None else path.tidy,
            "donors.csv": None if path is None else path.tidy_weights,
            "volatility.csv": None if self.volatility is None else self.volatility.tidy,
            "recovery-path.csv": None if self.recovery is None else self.recovery.tidy,
            "worst-days.csv": pd.DataFrame([item.row for item in self.worst_days]),
            "largest-losses.csv": pd.DataFrame([item.row for item in self.largest_losses]),
        }
        return {name: frame for name, frame in frames.items() if frame is not None and len(frame)}

    @cached_property
    def absent(self) -> dict[str, str]:
        """Figures that this study has not, by name, and why."""
        head = self.result.headline
        reasons = {
            "cross-section": "" if len(self.result.study.symbols) > 1 else "needs two firms",
            "cross-section-later": ""
            if self.later is not None
            else "needs two firms and a longer event window that starts with the headline's",
            "contagion": "" if self.contagion else f"needs {FEWEST_FIRMS} other firms",
            "index-arithmetic": ""
            if self.index_shares
            else f"no weight of {head.symbol} in a fund of the data within {FARTHEST} days",
            "reaction-dates": ""
            if self.reaction_dates
            else "needs more sessions before the event, and a model fitted by least squares",
            "conformal": ""
            if self.conformal
            else f"model '{head.model}' depends on the order of sessions",
            "synthetic-control": "" if self.synthetic else "needs donors with full histories",
            "volatility": "" if self.volatility else f"needs {ROLLING} sessions after the event",
            "recovery-path": ""
            if self.recovery
            else f"{head.symbol} did not fall on session 0, or the data end there",
            "worst-days": "" if self.worst_days else "no longer history of the firm is at hand",
            "largest-losses": "" if self.largest_losses else "belongs to the bundled study",
        }
        return {name: reason for name, reason in reasons.items() if reason}

    @property
    def later(self) -> Window | None:
        """The longest event window that starts with the headline's and outlasts it."""
        study = self.result.study
        own = study.headline.window
        longer = [w for w in study.windows if w.start == own.start and w.end > own.end]
        if not longer or len(study.symbols) < 2:
            return None
        return max(longer, key=len)


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
    ledger = load_ledger()
    belongs = study.id == ledger.study and study.data == SNAPSHOT
    history = load_nvda_history() if _has_history(study) else None
    setting = headline_setting(study, data)
    donors = study.donors or _others(setting)
    counts = setting.plan.reference.shares.get(study.headline.symbol, ())
    return Details(
        result=result,
        curve=curve_of(study, data, progress=progress),
        left_out=leave_one_out(study, data),
        claims=check_claims(ledger, gather(ledger, data)) if belongs else (),
        contagion=contagion(setting),
        index_shares=index_shares(setting),
        reaction_dates=reaction_dates(setting),
        conformal=conformal_rank(setting),
        synthetic=synthetic_path(setting, donors),
        volatility=volatility_change(setting),
        recovery=recovery_path(setting, None if history is None else history["adj_close"]),
        worst_days=()
        if history is None
        else worst_days(study.headline.symbol, history, counts, ledger.losses),
        largest_losses=largest_losses(ledger.losses) if belongs else (),
        abroad=ledger.abroad if belongs else None,
        inputs=(
            *(ledger.inputs if belongs else ()),
            *(() if history is None else (read_verified(bundled_data(), NVDA_HISTORY)[1],)),
        ),
    )


def claim_row(item: CheckedClaim) -> dict[str, str]:
    """Lay out a claim and what the figures say of it as a tidy row."""
    return {
        "id": item.claim.id,
        "says": item.claim.says,
        "source": item.claim.source,
        "unit": item.claim.unit,
        "claimed": " to ".join(f"{value:g}" for value in item.claim.claimed),
        "computed": item.finding.shown
        or " to ".join(f"{value:.4g}" for value in item.finding.computed),
        "verdict": item.finding.verdict,
        "reasoning": item.finding.reasoning,
    }


def _has_history(study: Study) -> bool:
    return study.data == SNAPSHOT and study.headline.symbol == HISTORY_SYMBOL


def _others(setting: Setting) -> tuple[str, ...]:
    """Securities of the data that are neither firms nor benchmarks of the study."""
    study = setting.study
    taken = {*study.symbols, *(benchmark.symbol for benchmark in study.benchmarks)}
    return tuple(str(s) for s in setting.plan.data.levels.columns if str(s) not in taken)
