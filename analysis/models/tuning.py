"""What a fit chose besides its coefficients, kept for fits of like data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from analysis.models.base import Estimator, FittedModel


@runtime_checkable
class Tunable(Protocol):
    """An estimator that chooses a penalty or a number of factors by itself."""

    def tuned(self, tuning: float) -> Estimator:
        """Give the same estimator with that choice made."""


@runtime_checkable
class Tuned(Protocol):
    """A fit that knows what was chosen."""

    @property
    def tuning(self) -> float | None:
        """The penalty or the number of factors."""


def tuned(estimator: Estimator, fit: FittedModel) -> Estimator:
    """
    Keep what a fit chose, so that refits on like data do not choose again.

    Examples
    --------
    >>> import numpy as np
    >>> from analysis.models.latent import InteractiveEffects
    >>> x = np.random.default_rng(0).normal(size=(60, 8))
    >>> fit = InteractiveEffects(factors=2).fit(x.sum(axis=1), x, tuple("abcdefgh"))
    >>> tuned(InteractiveEffects(), fit)
    InteractiveEffects(factors=2)
    """
    if isinstance(estimator, Tunable) and isinstance(fit, Tuned) and fit.tuning is not None:
        return estimator.tuned(fit.tuning)
    return estimator
