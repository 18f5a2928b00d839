"""Huber's robust market model: days of great firm news do not pull beta."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from analysis.models.base import Capabilities, with_alpha
from analysis.models.linear import decomposed, degrees_of_freedom, with_constant
from analysis.models.point import PointFit

if TYPE_CHECKING:
    from analysis._typing import FloatArray


@dataclass(frozen=True, slots=True)
class Huber:
    """
    M-estimation with Huber's weights and the scale of the median absolute deviation.

    It has no prediction error in closed form. Judge it by placebo dates or conformal ranks, which
    keep the outliers among the draws.

    Attributes
    ----------
    bound : float
        Residuals beyond so many scales are bounded; 1.345 loses 5 % of efficiency for normal
        errors.

    References
    ----------
    Huber (1964), Annals of Mathematical Statistics 35.
    """

    bound: float = 1.345

    capabilities: ClassVar[Capabilities] = Capabilities(order_free=True)

    def fit(self, y: FloatArray, x: FloatArray, names: tuple[str, ...]) -> PointFit:
        """
        Fit by iterated weighting.

        Raises
        ------
        WindowError
            If fewer rows than coefficients plus one are given.
        DataError
            If the regressors are collinear.
        """
        from statsmodels.robust.norms import HuberT  # noqa: PLC0415 - a second that others spare
        from statsmodels.robust.robust_linear_model import RLM  # noqa: PLC0415

        design = with_constant(x)
        df = degrees_of_freedom(*design.shape)
        decomposed(design, names)
        result = RLM(y, design, M=HuberT(self.bound)).fit()
        residuals: FloatArray = y - design @ result.params
        return PointFit(with_alpha(result.params, names), residuals, df)
