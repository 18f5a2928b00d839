"""
Market models whose error variance changes from session to session: GARCH, GJR, EGARCH; Student t.

References
----------
Bollerslev (1986), Journal of Econometrics 31; (1987), Review of Economics and Statistics 69;
Glosten, Jagannathan and Runkle (1993), Journal of Finance 48; Nelson (1991), Econometrica 59.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from analysis.errors import DataError, WindowError
from analysis.models.base import Capabilities, Prediction, ResidualFit, with_alpha
from analysis.models.linear import decomposed, is_exact, with_constant

if TYPE_CHECKING:
    from collections.abc import Sequence

    from arch.univariate.base import ARCHModel, ARCHModelResult

    from analysis._typing import FloatArray

Volatility = Literal["garch", "gjr", "egarch"]

FEWEST_ROWS = 100
"""Fewer sessions do not determine a variance recursion."""

_CLEARLY_HIGHER = 1e-3  # log-likelihoods closer than that are one optimum

# starts: memory of the variance and weight of the last shock; the wide ones where the usual fail
_USUAL = {
    "garch": ((0.5, 0.05), (0.9, 0.05)),
    "gjr": ((0.5, 0.05), (0.9, 0.05)),
    "egarch": ((0.5, 0.05), (0.9, 0.1)),
}
_WIDE = tuple((m, s) for m in (0.0, 0.3, 0.7, 0.8, 0.94) for s in (0.02, 0.04))

_FARTHEST = 300.0  # of a log-variance from 0: beyond it exponentials leave the floats

_VANISHED = 1e-6  # of the largest volatility: a variance that dies out is no law of errors

_PERCENT = 100.0  # the optimiser is well scaled in percent


@dataclass(frozen=True, slots=True, eq=False)
class VarianceLaw:
    """
    A variance recursion of first order, in squared percent.

    Attributes
    ----------
    kind : {"garch", "gjr", "egarch"}
    omega, shock, leverage, memory : float
        Constant, weight of the last shock, extra weight of a negative one (GJR) or of its sign
        (EGARCH), weight of the last variance.
    nu : float
        Degrees of freedom of the standardised Student-t errors.
    """

    kind: Volatility
    omega: float
    shock: float
    leverage: float
    memory: float
    nu: float

    def step(self, variance: float, error: float) -> float:
        """Variance of the next session from this one's variance and error."""
        if self.kind == "egarch":
            z = error / math.sqrt(variance)
            size = abs(z) - math.sqrt(2 / math.pi)
            logarithm = self.omega + self.shock * size + self.leverage * z
            return _within(logarithm + self.memory * math.log(variance))
        weight = self.shock + (self.leverage if error < 0 else 0.0)
        return self.omega + weight * error**2 + self.memory * variance

    def expected_step(self, variance: float) -> float:
        """
        Variance of the next session from this one's, its error not known.

        For EGARCH the exponential of the expected logarithm: with Student-t errors the variance's
        own expectation does not exist.
        """
        if self.kind == "egarch":
            size = mean_absolute_t(self.nu) - math.sqrt(2 / math.pi)
            return _within(self.omega + self.shock * size + self.memory * math.log(variance))
        return self.omega + (self.shock + self.leverage / 2 + self.memory) * variance


@dataclass(frozen=True, slots=True, eq=False)
class GarchFit(ResidualFit):
    """
    A market model with changing error variance.

    Attributes
    ----------
    coefficients, residuals, df
        As of `ResidualFit`, decimal.
    volatility : ndarray of shape (M,)
        Conditional standard deviation of each residual, decimal.
    law : VarianceLaw
    """

    volatility: FloatArray
    law: VarianceLaw

    @property
    def leverage(self) -> FloatArray:
        """Zero: parameter error is left out."""
        return np.zeros(len(self.residuals))

    def predict(self, x: FloatArray, *, gap: int, alpha: bool = True) -> Prediction:
        """
        Predict a window by the forecast of its variance from the last session fitted.

        The forecast goes through the gap by expected steps, whatever the errors of the gap turned
        out to be. The covariance is diagonal and leaves out parameter error.
        """
        variances = self.variance_ahead(gap + len(x))[gap:]
        return Prediction(self.expected(x, alpha=alpha), np.diag(variances))

    def expected(self, x: FloatArray, *, alpha: bool = True) -> FloatArray:
        """Compute expected returns for regressors of shape (L, k), the alpha only if it counts."""
        returns: FloatArray = with_constant(x, counts=alpha) @ self.values
        return returns

    def variance_ahead(
        self, sessions: int, *, after: tuple[FloatArray, FloatArray] | None = None
    ) -> FloatArray:
        """
        Predict the variance of coming sessions.

        Parameters
        ----------
        sessions : int
        after : tuple of ndarray of shape (G,) and (G, k), optional
            Returns and regressors of the sessions between the estimation window and the event: the
            parameters stay, the variance is carried through them.

        Returns
        -------
        ndarray of shape (sessions,)
            Decimal, squared.
        """
        errors = self.residuals[-1:]
        if after is not None:
            errors = np.append(errors, after[0] - self.expected(after[1]))
        variance = (self.volatility[-1] * _PERCENT) ** 2
        for error in errors:
            variance = self.law.step(float(variance), float(error) * _PERCENT)
        path = [float(variance)]
        for _ in range(sessions - 1):
            path.append(self.law.expected_step(path[-1]))
        return np.array(path[:sessions]) / _PERCENT**2


@dataclass(frozen=True, slots=True)
class Garch:
    """
    Market model with errors of first-order GARCH, GJR or EGARCH variance and Student-t law.

    Attributes
    ----------
    kind : {"garch", "gjr", "egarch"}
    """

    kind: Volatility = "garch"

    capabilities: ClassVar[Capabilities] = Capabilities(
        placebo="none",
        not_drawn="not drawn: each pseudo-date would take a fit by maximum likelihood",
    )

    def fit(self, y: FloatArray, x: FloatArray, names: tuple[str, ...]) -> GarchFit:
        """
        Fit by maximum likelihood.

        Raises
        ------
        WindowError
            If fewer than `FEWEST_ROWS` sessions are given.
        DataError
            If the optimiser finds no fit, or the regressors are collinear or leave nothing of the
            returns.
        """
        from arch import arch_model  # noqa: PLC0415 - half a second that only this model needs

        if len(y) < FEWEST_ROWS:
            raise WindowError(
                f"a {self.kind} model needs {FEWEST_ROWS} sessions or more, there are {len(y)}; "
                "lengthen the estimation window"
            )
        model = arch_model(
            y * _PERCENT,
            x=x * _PERCENT if x.shape[1] else None,
            mean="ARX" if x.shape[1] else "Constant",
            lags=0,
            vol="EGARCH" if self.kind == "egarch" else "GARCH",
            o=0 if self.kind == "garch" else 1,
            dist="t",
            rescale=False,
        )
        design = with_constant(x)
        decomposed(design, names)
        if is_exact(y, design):
            raise DataError(
                f"a {self.kind} model needs errors that vary, and the estimation window has none; "
                "choose another model or estimation window"
            )
        # the symmetric model has one optimum as a rule, the others often have several
        usual = _USUAL[self.kind]
        scaled = y * _PERCENT, x * _PERCENT
        result = _best_fit(
            model, [None, *_starts(self.kind, *scaled, usual)], search=self.kind != "garch"
        ) or _best_fit(
            model, _starts(self.kind, *scaled, _WIDE), search=True, options={"maxiter": 500}
        )
        if result is None:
            raise DataError(
                f"the {self.kind} model does not converge on this estimation window from any of "
                f"{1 + len(usual) + len(_WIDE)} starts; choose another model or estimation window"
            )
        values = [float(value) for value in result.params]
        rest = values[len(names) + 1 :]
        leverage = rest[2] if self.kind != "garch" else 0.0
        law = VarianceLaw(self.kind, rest[0], rest[1], leverage, rest[-2], rest[-1])
        coefficients = with_alpha(values[: len(names) + 1], names)
        coefficients["alpha"] /= _PERCENT
        residuals = y - with_constant(x) @ np.array(list(coefficients.values()))
        volatility = np.asarray(result.conditional_volatility, dtype=float) / _PERCENT
        df = len(residuals) - len(coefficients)
        return GarchFit(coefficients, residuals, df, volatility, law)


def _starts(
    kind: Volatility, y: FloatArray, x: FloatArray, memories: Sequence[tuple[float, float]]
) -> list[FloatArray]:
    """List starts of the recursion by its memory and the weight of the last shock."""
    design = with_constant(x)
    means = np.linalg.lstsq(design, y, rcond=None)[0]
    level = float(np.var(y - design @ means))
    level = math.log(level) if kind == "egarch" else level
    sign = [] if kind == "garch" else [0.0]
    return [
        np.array(
            [
                *means,
                level * (1 - memory - (0.0 if kind == "egarch" else shock)),
                shock,
                *sign,
                memory,
                8.0,
            ]
        )
        for memory, shock in memories
    ]


def _best_fit(
    model: ARCHModel,
    starts: Sequence[FloatArray | None],
    *,
    search: bool,
    options: dict[str, int] | None = None,
) -> ARCHModelResult | None:
    """Fit from each start, None for the library's own: the first that converges, or the best."""
    best: ARCHModelResult | None = None
    for start in starts:
        if best is not None and not search:
            break
        result = model.fit(disp="off", show_warning=False, starting_values=start, options=options)
        if result.convergence_flag != 0 or not np.isfinite(result.params).all():
            continue
        volatility = np.asarray(result.conditional_volatility, dtype=np.float64)
        if not (np.isfinite(volatility).all() and volatility.min() > _VANISHED * volatility.max()):
            continue
        if best is None or result.loglikelihood > best.loglikelihood + _CLEARLY_HIGHER:
            best = result
    return best


def _within(logarithm: float) -> float:
    """Turn a logarithm into a variance that floats can hold and whose logarithm they can take."""
    return math.exp(min(max(logarithm, -_FARTHEST), _FARTHEST))


def mean_absolute_t(nu: float) -> float:
    """
    Compute the mean absolute value of a Student t scaled to unit variance.

    Examples
    --------
    >>> round(mean_absolute_t(1e6), 4) == round(math.sqrt(2 / math.pi), 4)
    True
    """
    ratio = math.exp(math.lgamma((nu + 1) / 2) - math.lgamma(nu / 2))
    return 2 * math.sqrt(nu - 2) * ratio / (math.sqrt(math.pi) * (nu - 1))
