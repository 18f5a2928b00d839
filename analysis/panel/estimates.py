"""What the panel engine is asked for, and what it gives back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from analysis.panel.layout import (
    BHAR,
    CAR,
    CAR_SE,
    CONSTANT,
    OK,
    PER_WINDOW,
    SCAR,
    SIGMA2,
    STATUS_TEXT,
    Results,
)

if TYPE_CHECKING:
    import numpy.typing as npt

    from analysis._typing import BoolArray, FloatArray, IntArray
    from analysis.windows import Window

ModelKind = Literal["constant", "origin", "fixed"]


@dataclass(frozen=True, slots=True)
class LinearModel:
    """
    A linear model of the panel engine.

    Attributes
    ----------
    factors : tuple of int
        Its factor columns.
    kind : {"constant", "origin", "fixed"}
        Least squares with a constant, least squares without one, or nothing estimated: a constant
        of 0 and slopes of 1, which on the market is the market-adjusted model.
    excess : bool
        Whether the firm's return less the base rate is modelled.
    """

    factors: tuple[int, ...]
    kind: ModelKind = "constant"
    excess: bool = False

    @property
    def parameters(self) -> int:
        """Number of estimated coefficients."""
        return {"constant": 1 + len(self.factors), "origin": len(self.factors), "fixed": 0}[
            self.kind
        ]


@dataclass(frozen=True, slots=True, eq=False)
class PanelEstimates:
    """
    Results of `estimate_panel`, one row an event in the caller's order, one column a model.

    A number that could not be computed is NaN and its `status` says why. Returns are simple and in
    decimals.

    Attributes
    ----------
    models : tuple of tuple of int
        The factor columns of each model.
    status : ndarray of shape (n_events, n_models)
        0 where all is well; else a code whose meaning `status_text` gives.
    n_estimation : ndarray of shape (n_events, n_models)
        Returns in the estimation window, missing days left out.
    n_window : ndarray of shape (n_events,)
        Returns in the event window.
    coefficients : ndarray of shape (n_events, n_models, 1 + most factors)
        The constant, then the slopes in the order of the model's factors; NaN beyond them.
    sigma2 : ndarray of shape (n_events, n_models)
        Residual sum of squares over `df`.
    car : ndarray of shape (n_events, n_models)
        Cumulative abnormal return: the sum over the event window.
    car_se : ndarray of shape (n_events, n_models)
        Its standard error with the error of the estimated coefficients,
        ``sqrt(sigma2 (L2 + s'(X'X)^-1 s))``, s the sum of the regressors over the event window.
    scar : ndarray of shape (n_events, n_models)
        ``car / car_se``; Student t with `df` degrees of freedom under the null.
    bhar : ndarray of shape (n_events, n_models)
        Buy-and-hold abnormal return, ``prod(1 + R) - prod(1 + E[R])``.
    """

    models: tuple[tuple[int, ...], ...]
    status: npt.NDArray[np.int32]
    n_estimation: npt.NDArray[np.int32]
    n_window: npt.NDArray[np.int32]
    coefficients: FloatArray
    sigma2: FloatArray
    car: FloatArray
    car_se: FloatArray
    scar: FloatArray
    bhar: FloatArray

    @property
    def ok(self) -> BoolArray:
        """Whether each event and model was computed; shape (n_events, n_models)."""
        return np.equal(self.status, OK)

    @property
    def df(self) -> IntArray:
        """Residual degrees of freedom, `n_estimation` less the regressors."""
        regressors = np.array([1 + len(model) for model in self.models])
        return np.asarray(self.n_estimation - regressors, dtype=np.int64)

    def status_text(self) -> npt.NDArray[np.object_]:
        """Say in words what became of each event and model; shape (n_events, n_models)."""
        return np.array(STATUS_TEXT, dtype=object)[self.status]


@dataclass(frozen=True, slots=True, eq=False)
class WindowEstimates:
    """
    Results of `estimate_windows`: events by models, and these by windows.

    A number that could not be computed is NaN and a status says why.

    Attributes
    ----------
    models : tuple of LinearModel
    windows : tuple of Window
    status : ndarray of shape (n_events, n_models)
        Of the fit; 0 where all is well.
    n_estimation : ndarray of shape (n_events, n_models)
        Returns fitted on.
    coefficients : ndarray of shape (n_events, n_models, 1 + most factors)
        The constant, then the slopes; NaN beyond them.
    sigma2 : ndarray of shape (n_events, n_models)
        Residual sum of squares over `df`.
    window_status : ndarray of shape (n_events, n_models, n_windows)
        Of each window; 0 where all is well.
    n_window : ndarray of shape (n_events, n_models, n_windows)
        Sessions with a return in each window.
    car, car_se, scar, bhar : ndarray of shape (n_events, n_models, n_windows)
        As in `PanelEstimates`. Of a window of one session, `car` is the abnormal return and
        `car_se` its forecast error.
    """

    models: tuple[LinearModel, ...]
    windows: tuple[Window, ...]
    status: npt.NDArray[np.int32]
    n_estimation: npt.NDArray[np.int32]
    coefficients: FloatArray
    sigma2: FloatArray
    window_status: npt.NDArray[np.int32]
    n_window: npt.NDArray[np.int32]
    car: FloatArray
    car_se: FloatArray
    scar: FloatArray
    bhar: FloatArray

    @classmethod
    def of(
        cls, models: tuple[LinearModel, ...], windows: tuple[Window, ...], results: Results
    ) -> WindowEstimates:
        """Name the columns of what the kernel wrote; nothing is copied."""
        numbers, counts = results
        first = numbers.shape[2] - PER_WINDOW * len(windows)
        return cls(
            models=models,
            windows=windows,
            status=counts[..., 0],
            n_estimation=counts[..., 1],
            coefficients=numbers[..., CONSTANT:first],
            sigma2=numbers[..., SIGMA2],
            window_status=counts[..., 2::2],
            n_window=counts[..., 3::2],
            car=numbers[..., first + CAR :: PER_WINDOW],
            car_se=numbers[..., first + CAR_SE :: PER_WINDOW],
            scar=numbers[..., first + SCAR :: PER_WINDOW],
            bhar=numbers[..., first + BHAR :: PER_WINDOW],
        )

    @property
    def df(self) -> IntArray:
        """Residual degrees of freedom, `n_estimation` less the estimated coefficients."""
        parameters = np.array([model.parameters for model in self.models])
        return np.asarray(self.n_estimation - parameters, dtype=np.int64)

    def of_window(self, window: int) -> PanelEstimates:
        """
        Take one window; an event without it has no numbers at all, and the window's status.

        Parameters
        ----------
        window : int
            Its place among `windows`.
        """
        found = self.window_status[..., window]
        status = np.where(found == OK, self.status, found)
        whole = found == OK
        return PanelEstimates(
            models=tuple(model.factors for model in self.models),
            status=status,
            n_estimation=self.n_estimation,
            n_window=self.n_window[:, 0, window],
            coefficients=np.where(whole[..., None], self.coefficients, np.nan),
            sigma2=np.where(whole, self.sigma2, np.nan),
            car=self.car[..., window],
            car_se=self.car_se[..., window],
            scar=self.scar[..., window],
            bhar=self.bhar[..., window],
        )
