"""What a fit chose is kept for fits of like data, and nothing else is."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.models.completion import MatrixCompletion
from analysis.models.differences import SyntheticDifference
from analysis.models.donors import ElasticNet, RidgeAugmented, SyntheticControl
from analysis.models.latent import InteractiveEffects
from analysis.models.tuning import tuned


@pytest.fixture(scope="module")
def days():
    rng = np.random.default_rng(1)
    x = rng.standard_normal((45, 4)) + rng.standard_normal((45, 1))
    return x.mean(axis=1) + rng.standard_normal(45), x


@pytest.mark.parametrize(
    ("estimator", "name"),
    [
        (ElasticNet(), "penalty"),
        (RidgeAugmented(), "penalty"),
        (InteractiveEffects(), "factors"),
        (MatrixCompletion(), "penalty"),
    ],
)
def test_the_choice_of_a_fit_makes_the_same_fit_again(days, estimator, name):
    y, x = days
    fit = estimator.fit(y, x, tuple("abcd"))
    kept = tuned(estimator, fit)
    assert getattr(estimator, name) is None
    assert getattr(kept, name) == fit.tuning
    again = kept.fit(y, x, tuple("abcd"))
    for one, two in zip(again.coefficients.values(), fit.coefficients.values(), strict=True):
        assert one == pytest.approx(two, abs=1e-6)


@pytest.mark.parametrize("estimator", [SyntheticControl(), SyntheticDifference()])
def test_what_chooses_nothing_stays_as_it_is(days, estimator):
    y, x = days
    assert tuned(estimator, estimator.fit(y, x, tuple("abcd"))) is estimator
    # nor is a choice handed to an estimator that takes none
    chosen = ElasticNet().fit(y, x, tuple("abcd"))
    assert tuned(estimator, chosen) is estimator
    assert tuned(ElasticNet(), estimator.fit(y, x, tuple("abcd"))) == ElasticNet()
