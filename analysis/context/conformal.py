"""The headline's window among all sessions, the model refitted as if nothing had happened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.context.absent import Absent
from analysis.inference.conformal import ConformalSetting, conformal_test
from analysis.run.fit import rows_of
from analysis.windows import SHORT

if TYPE_CHECKING:
    from analysis._typing import FloatArray
    from analysis.inference.outcome import Outcome
    from analysis.run.case import Case

SEED = 20250127


@dataclass(frozen=True, slots=True, eq=False)
class ConformalRank:
    """
    Residuals of a fit on estimation and event sessions together, under no effect.

    Attributes
    ----------
    symbol : str
    residuals : ndarray of shape (M + L,)
        Decimal, the window's last.
    length : int
        L.
    outcome : Outcome
        Its interval holds the effects that are not rejected.
    """

    symbol: str
    residuals: FloatArray
    length: int
    outcome: Outcome

    @property
    def tidy(self) -> pd.DataFrame:
        """One row a session of the two windows; ``event`` marks those of the event window."""
        last = len(self.residuals) - self.length
        rows = range(len(self.residuals))
        return pd.DataFrame(
            {"row": rows, "residual": self.residuals, "event": [row >= last for row in rows]}
        )


def conformal_rank(case: Case) -> ConformalRank | Absent:
    """
    Test the headline's window by permutation of residuals.

    Returns
    -------
    ConformalRank or Absent
        Absent for a model whose fit depends on the order of sessions, and for a long window.
    """
    specification, study = case.specification, case.study
    if study.headline.window.long:
        return Absent(
            f"is for windows of up to {SHORT} sessions: a longer one leaves out the alpha that "
            "each of its refits would estimate"
        )
    reason = specification.model.estimator.capabilities.no_permutation
    if reason:
        return Absent(f"model '{specification.model.id}': {reason}")
    design, position = case.design(case.symbol), case.placed.position
    window = case.window(case.symbol, study.headline.window)
    ahead, rows = rows_of(position, window), rows_of(position, study.estimation)
    use = design.complete[rows]
    test = ConformalSetting(
        specification.model.estimator,
        np.concatenate([design.y[rows][use], design.y[ahead]]),
        np.concatenate([design.x[rows][use], design.x[ahead]]),
        design.names,
        len(window),
    )
    outcome = conformal_test(test, np.random.default_rng(SEED), level=study.level, draws=999)
    return ConformalRank(case.symbol, test.residuals(0.0), len(window), outcome)
