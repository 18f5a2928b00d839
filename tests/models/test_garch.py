"""Variance recursions held against arch, against integrals and against likelihoods written out."""

from __future__ import annotations

import math

import numpy as np
import pytest
from arch import arch_model
from scipy import stats

from analysis.errors import DataError, WindowError
from analysis.models import garch
from analysis.models.garch import Garch, GarchFit, VarianceLaw, mean_absolute_t

KINDS = ("garch", "gjr", "egarch")
LAWS = {
    "garch": VarianceLaw("garch", 0.4, 0.11, 0.0, 0.72, 6.5),
    "gjr": VarianceLaw("gjr", 0.4, 0.07, 0.13, 0.69, 5.5),
    "egarch": VarianceLaw("egarch", 0.1, 0.19, -0.11, 0.83, 7.5),
}
MEANS = (0.13, 1.4)  # percent, and none
ROWS = 130


def model_of(kind, y, x):
    return arch_model(
        100 * y,
        x=100 * x if x.shape[1] else None,
        mean="ARX" if x.shape[1] else "Constant",
        lags=0,
        vol="EGARCH" if kind == "egarch" else "GARCH",
        o=0 if kind == "garch" else 1,
        dist="t",
        rescale=False,
    )


def parameters(law):
    sign = [] if law.kind == "garch" else [law.leverage]
    return [law.omega, law.shock, *sign, law.memory, law.nu]


@pytest.fixture(scope="module")
def days():
    """Returns whose variance comes and goes, as in markets; errors of both signs."""
    rng = np.random.default_rng(7)
    x = 0.01 * rng.standard_normal((ROWS, 1))
    error, variance = np.empty(ROWS), 2.0
    for t in range(ROWS):
        error[t] = math.sqrt(variance) * rng.standard_t(6) / math.sqrt(1.5)
        variance = 0.2 + (0.1 + 0.2 * (error[t] < 0)) * error[t] ** 2 + 0.7 * variance
    return 0.001 + 1.4 * x[:, 0] + error / 100, x


@pytest.fixture(scope="module", params=KINDS)
def held(request, days):
    """A fit of given parameters, and what arch makes of the same."""
    y, x = days
    law = LAWS[request.param]
    theirs = model_of(law.kind, y, x).fix([*MEANS, *parameters(law)])
    coefficients = {"alpha": MEANS[0] / 100, "m": MEANS[1]}
    residuals = y - coefficients["alpha"] - coefficients["m"] * x[:, 0]
    volatility = np.asarray(theirs.conditional_volatility) / 100
    return GarchFit(coefficients, residuals, ROWS - 2, volatility, law), theirs


@pytest.fixture(scope="module", params=KINDS)
def fitted(request, days):
    return Garch(request.param).fit(*days, ("m",))


def law_of_errors(nu):
    return stats.t(nu, scale=math.sqrt((nu - 2) / nu))


def log_likelihood(fit):
    z = fit.residuals / fit.volatility
    return float((law_of_errors(fit.law.nu).logpdf(z) - np.log(100 * fit.volatility)).sum())


class TestLaw:
    def test_a_step_is_that_of_arch(self, held):
        fit, _ = held
        variances = np.square(100 * fit.volatility)
        errors = 100 * fit.residuals
        assert (errors > 0).any()
        assert (errors < 0).any()
        found = [fit.law.step(v, e) for v, e in zip(variances, errors, strict=True)]
        np.testing.assert_allclose(found[:-1], variances[1:], rtol=1e-12)

    @pytest.mark.parametrize("kind", KINDS)
    def test_the_expected_step_is_the_expectation_of_a_step(self, kind):
        """Of its logarithm for EGARCH, whose variance has no expectation under Student's law."""
        law = LAWS[kind]
        z = law_of_errors(law.nu)
        for variance in (0.5, 3.0):

            def step(error, variance=variance):
                found = law.step(variance, math.sqrt(variance) * float(error))
                return math.log(found) if kind == "egarch" else found

            # the law has a kink at 0
            parts = [z.expect(step, lb=-np.inf, ub=0), z.expect(step, lb=0, ub=np.inf)]
            wanted = math.exp(sum(parts)) if kind == "egarch" else sum(parts)
            assert law.expected_step(variance) == pytest.approx(wanted, rel=1e-7)

    @pytest.mark.parametrize("nu", [2.5, 3.0, 8.0])
    def test_the_mean_absolute_error_is_that_of_the_integral(self, nu):
        wanted = law_of_errors(nu).expect(abs, lb=0) * 2
        assert mean_absolute_t(nu) == pytest.approx(wanted, rel=1e-7)

    def test_a_variance_that_runs_away_stays_a_float(self):
        for omega in (1e6, -1e6):
            law = VarianceLaw("egarch", omega, 0.1, 0.0, 0.9, 8.0)
            for found in (law.step(1.0, 0.5), law.expected_step(1.0)):
                assert math.isfinite(math.log(found))
                assert math.isfinite(found**2)
                assert (found > 1e100) == (omega > 0)
                assert (found < 1e-100) == (omega < 0)


class TestForecast:
    def test_variances_ahead_are_those_of_arch(self, held):
        fit, theirs = held
        horizon = 1 if fit.law.kind == "egarch" else 7  # beyond it arch simulates
        x = np.zeros((1, 1, horizon))
        wanted = theirs.forecast(horizon=horizon, x=x).variance.iloc[-1].to_numpy() / 1e4
        np.testing.assert_allclose(fit.variance_ahead(horizon), wanted, rtol=1e-12)
        assert fit.variance_ahead(0).size == 0

    def test_a_window_is_reached_through_the_gap_by_expected_steps(self, held):
        fit, _ = held
        ahead = np.array([[0.01], [-0.02], [0.03]])
        path = [fit.law.step((100 * fit.volatility[-1]) ** 2, 100 * fit.residuals[-1])]
        for _ in range(6):
            path.append(fit.law.expected_step(path[-1]))
        for gap in (0, 4):
            prediction = fit.predict(ahead, gap=gap)
            wanted = np.array(path[gap : gap + 3]) / 1e4
            np.testing.assert_allclose(prediction.covariance, np.diag(wanted), rtol=1e-12)
            expected = MEANS[0] / 100 + MEANS[1] * ahead[:, 0]
            np.testing.assert_allclose(prediction.expected, expected, rtol=1e-14)
            np.testing.assert_allclose(fit.expected(ahead), expected, rtol=1e-14)
        bare = fit.predict(ahead, gap=0, alpha=False).expected
        np.testing.assert_allclose(bare, MEANS[1] * ahead[:, 0], rtol=1e-14)

    def test_what_came_before_the_last_session_is_in_its_variance(self, held):
        fit, _ = held
        last = GarchFit(fit.coefficients, fit.residuals[-3:], 1, fit.volatility[-3:], fit.law)
        np.testing.assert_array_equal(last.variance_ahead(4), fit.variance_ahead(4))
        assert last.variance_ahead(1).tolist() == fit.variance_ahead(4)[:1].tolist()

    def test_sessions_that_are_known_carry_the_variance_by_their_errors(self, days, held):
        """Cut short and carried on, it is what arch filters through the whole."""
        y, x = days
        fit, theirs = held
        short = GarchFit(fit.coefficients, fit.residuals[:-9], fit.df, fit.volatility[:-9], fit.law)
        carried = short.variance_ahead(3, after=(y[-9:-1], x[-9:-1]))
        wanted = (theirs.conditional_volatility[-1] / 100) ** 2
        assert carried[0] == pytest.approx(wanted, rel=1e-10)
        assert carried[1] == pytest.approx(fit.law.expected_step(1e4 * carried[0]) / 1e4)
        assert len(carried) == 3


class TestFit:
    def test_a_fit_says_what_arch_says_at_its_parameters(self, days, fitted):
        y, x = days
        alpha, beta = fitted.coefficients.values()
        theirs = model_of(fitted.law.kind, y, x).fix([100 * alpha, beta, *parameters(fitted.law)])
        np.testing.assert_allclose(fitted.residuals, y - alpha - beta * x[:, 0], atol=1e-16)
        np.testing.assert_allclose(
            100 * fitted.volatility, theirs.conditional_volatility, rtol=1e-10
        )
        assert log_likelihood(fitted) == pytest.approx(theirs.loglikelihood, abs=1e-8)
        assert fitted.df == ROWS - 2
        np.testing.assert_array_equal(fitted.leverage, np.zeros(ROWS))
        rss = float(np.square(fitted.residuals).sum())
        assert fitted.sigma == pytest.approx(math.sqrt(rss / (ROWS - 2)))

    def test_nothing_near_is_likelier(self, days, fitted):
        y, x = days
        alpha, beta = fitted.coefficients.values()
        best = np.array([100 * alpha, beta, *parameters(fitted.law)])
        model = model_of(fitted.law.kind, y, x)
        own = model.fit(disp="off", show_warning=False).loglikelihood
        most = model.fix(best).loglikelihood
        assert most > own - 2e-3
        for place in range(len(best)):
            for factor in (0.97, 1.03):
                other = best.copy()
                other[place] *= factor
                assert model.fix(other).loglikelihood < most + 1e-3

    @pytest.mark.parametrize(("kind", "seed"), [("gjr", 19), ("egarch", 10)])
    def test_of_several_optima_the_likeliest_is_taken(self, kind, seed):
        """The library's own start leads to one that is less likely by 0.6 and 0.8."""
        rng = np.random.default_rng(seed)
        x = 0.01 * rng.standard_normal((100, 1))
        y = 1.2 * x[:, 0] + 0.012 * rng.standard_t(4, 100)
        model = model_of(kind, y, x)
        starts = [None, *garch._starts(kind, 100 * y, 100 * x, garch._USUAL[kind])]
        ends = [
            model.fit(disp="off", show_warning=False, starting_values=start) for start in starts
        ]
        best = max(end.loglikelihood for end in ends if end.convergence_flag == 0)
        assert log_likelihood(Garch(kind).fit(y, x, ("m",))) > best - 2e-3

    def test_without_a_regressor_it_is_a_mean(self, days):
        y, x = days
        fit = Garch("garch").fit(y, x[:, :0], ())
        wanted = model_of("garch", y, x[:, :0]).fit(disp="off")
        assert list(fit.coefficients) == ["alpha"]
        assert fit.coefficients["alpha"] == pytest.approx(wanted.params.iloc[0] / 100, rel=1e-3)
        assert log_likelihood(fit) == pytest.approx(wanted.loglikelihood, abs=1e-3)
        assert fit.df == ROWS - 1

    def test_a_hundred_sessions_are_enough_and_one_less_is_not(self, days):
        y, x = days
        assert len(Garch().fit(y[:100], x[:100], ("m",)).residuals) == 100
        assert Garch() == Garch("garch")
        for kind in KINDS:
            with pytest.raises(WindowError, match=f"a {kind} model needs 100 .*, there are 99;"):
                Garch(kind).fit(y[:99], x[:99], ("m",))

    @pytest.mark.parametrize("kind", KINDS)
    def test_returns_that_never_vary_have_no_law(self, kind):
        with pytest.raises(DataError, match=f"a {kind} model needs errors that vary"):
            Garch(kind).fit(np.zeros(100), np.empty((100, 0)), ())

    @pytest.mark.parametrize("kind", ["garch", "gjr"])
    def test_errors_of_a_billionth_of_the_returns_are_too_small_to_search(self, days, kind):
        _, x = days
        y = x[:, 0] + 1e-9 * np.random.default_rng(1).standard_normal(ROWS)
        with pytest.raises(DataError, match=f"the {kind} model does not converge .* any of 13 st"):
            Garch(kind).fit(y, x, ("m",))

    def test_what_inference_may_do_with_it(self, fitted):
        said = Garch(fitted.law.kind).capabilities
        assert not said.order_free
        assert said.placebo == "none"
        assert (fitted.law.leverage == 0) == (fitted.law.kind == "garch")


class TestStarts:
    @pytest.mark.parametrize("kind", KINDS)
    @pytest.mark.parametrize("wide", [False, True])
    def test_each_has_the_variance_of_the_residuals_in_the_long_run(self, days, kind, wide):
        y, x = days
        memories = garch._WIDE if wide else garch._USUAL[kind]
        slope, mean = np.polyfit(100 * x[:, 0], 100 * y, 1)
        variance = float(np.var(100 * y - mean - slope * 100 * x[:, 0]))
        starts = garch._starts(kind, 100 * y, 100 * x, memories)
        assert len({tuple(start) for start in starts}) == len(memories)
        for start in starts:
            np.testing.assert_allclose(start[:2], [mean, slope], rtol=1e-9)
            omega, shock, memory, nu = *start[2:4], *start[-2:]
            assert len(start) == 6 + (kind != "garch")
            assert nu > 4  # a law with a kurtosis
            assert 0 < shock < 0.2
            if kind == "egarch":
                assert 0 <= memory < 1
                assert omega / (1 - memory) == pytest.approx(math.log(variance))
            else:
                assert 0 <= memory < 1 - shock
                assert omega / (1 - memory - shock) == pytest.approx(variance)
            if kind != "garch":
                assert start[4] == 0  # as likely to lean one way as the other
