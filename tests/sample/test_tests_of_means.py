"""Every test of the mean against its formula on explicit matrices of residuals."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats

from analysis.sample.gather import gather
from analysis.sample.run import run_sample
from analysis.sample.spec import SampleSpec
from analysis.windows import Window
from tests.sample.conftest import make_data, make_events

ESTIMATION = Window(-120, -11)
WINDOWS = (Window(0, 0), Window(-1, 2))


@pytest.fixture(scope="module")
def sample(world):
    returns, market = world
    rng = np.random.default_rng(5)
    firm = rng.integers(0, 12, 40)
    position = np.sort(rng.choice(np.arange(140, 660), 26, replace=False))[rng.integers(0, 26, 40)]
    keys = sorted({(f, p) for f, p in zip(firm.tolist(), position.tolist(), strict=True)})
    firm, position = np.array(keys).T
    data = make_data(returns, market)
    weight = np.linspace(1, 3, len(firm))
    events = make_events(data, firm, position, weight=weight)
    from analysis.sample.policies import Policies

    spec = SampleSpec(
        benchmark="MKT",
        estimation=ESTIMATION,
        windows=WINDOWS,
        path=Window(-3, 5),
        policies=Policies(other_events="keep"),
    )
    return run_sample(events, data, spec), firm, position, weight


@pytest.fixture(scope="module")
def explicit(sample, world):
    """Residuals, leverages and abnormal returns of each pair by statsmodels."""
    returns, market = world
    _, firm, position, _ = sample
    rows = []
    for f, p in zip(firm, position, strict=True):
        at = np.arange(p + ESTIMATION.start, p + ESTIMATION.end + 1)
        fit = sm.OLS(returns[at, f], sm.add_constant(market[at])).fit()
        days = np.arange(p - 3, p + 6)
        ahead = np.column_stack([np.ones(9), market[days]])
        ar = returns[days, f] - ahead @ fit.params
        covariance = fit.mse_resid * (np.eye(9) + ahead @ fit.normalized_cov_params @ ahead.T)
        leverage = fit.get_influence().hat_matrix_diag
        sar = fit.resid / np.sqrt(fit.mse_resid * (1 - leverage))
        rows.append((fit.resid, sar, ar, covariance, fit.df_resid))
    return [np.array(part) for part in zip(*rows, strict=True)]


def picked(explicit, window):
    residuals, sar, ar, covariance, df = explicit
    part = slice(window.start + 3, window.end + 4)
    car = ar[:, part].sum(axis=1)
    se = np.sqrt(covariance[:, part, part].sum(axis=(1, 2)))
    event_sar = ar[:, part] / np.sqrt(np.einsum("nii->ni", covariance)[:, part])
    return residuals, sar, ar[:, part], event_sar, car, se, df


def found(sample, window):
    average = sample[0].of("all", window)
    outcomes = {o.test: o for o in average.battery.outcomes} | {o.test: o for _, o in average.extra}
    return average, outcomes


@pytest.mark.parametrize("window", WINDOWS)
def test_tests_of_independent_pairs(sample, explicit, window):
    residuals, _, _, _, car, se, df = picked(explicit, window)
    average, outcomes = found(sample, window)
    n, scar = len(car), car / se
    assert average.n == n
    assert average.mean == pytest.approx(car.mean(), rel=1e-10)
    assert average.median == pytest.approx(np.median(car), rel=1e-9)
    assert average.positive == (car > 0).mean()
    plain = stats.ttest_1samp(car, 0)
    assert outcomes["cross-t"].statistic == pytest.approx(plain.statistic, rel=1e-9)
    assert outcomes["cross-t"].p == pytest.approx(plain.pvalue, rel=1e-9)
    bmp = stats.ttest_1samp(scar, 0)
    assert outcomes["bmp"].statistic == pytest.approx(bmp.statistic, rel=1e-9)
    assert outcomes["bmp"].p == pytest.approx(bmp.pvalue, rel=1e-9)
    patell = scar.sum() / np.sqrt((df / (df - 2)).sum())
    assert outcomes["patell"].statistic == pytest.approx(patell, rel=1e-9)
    ratio, skew = car.mean() / car.std(ddof=1), stats.skew(car, bias=False)
    johnson = np.sqrt(n) * (ratio + skew * ratio**2 / 3 + skew / (6 * n))
    hall = johnson + np.sqrt(n) * skew**2 * ratio**3 / 27
    assert outcomes["johnson"].statistic == pytest.approx(johnson, rel=1e-8)
    assert outcomes["hall"].statistic == pytest.approx(hall, rel=1e-8)
    share = (residuals > 0).mean(axis=1).mean()
    sign = ((car > 0).sum() - n * share) / np.sqrt(n * share * (1 - share))
    assert outcomes["sign"].statistic == pytest.approx(sign, rel=1e-10)
    binomial = ((car > 0).sum() - n / 2) / np.sqrt(n / 4)
    assert outcomes["binomial-sign"].statistic == pytest.approx(binomial, rel=1e-10)
    wilcoxon = stats.wilcoxon(car)
    assert outcomes["wilcoxon"].p == pytest.approx(wilcoxon.pvalue, rel=1e-9)
    spread = residuals.mean(axis=0).std(ddof=1)
    crude = car.mean() / (np.sqrt(len(window)) * spread)
    assert outcomes["crude"].statistic == pytest.approx(crude, rel=1e-9)


@pytest.mark.parametrize("window", WINDOWS)
def test_rank_tests(sample, explicit, window):
    residuals, sar, ar, event_sar, car, se, _ = picked(explicit, window)
    _, outcomes = found(sample, window)
    n, length = len(car), len(window)
    ranks = stats.rankdata(np.hstack([residuals, ar]), axis=1)
    days = ranks.shape[1]
    daily = (ranks / (days + 1) - 0.5).mean(axis=0)
    corrado = np.sqrt(length) * daily[-length:].mean() / np.sqrt((daily**2).mean())
    assert outcomes["corrado"].statistic == pytest.approx(corrado, rel=1e-9)
    assert outcomes["modified-rank"].statistic == pytest.approx(corrado, rel=1e-9)
    both = np.hstack([residuals, ar])
    sign = np.sign(both - np.median(both, axis=1, keepdims=True)).mean(axis=0)
    z = np.sqrt(length) * sign[-length:].mean() / np.sqrt((sign**2).mean())
    assert outcomes["corrado-sign"].statistic == pytest.approx(z, rel=1e-9)
    scaled = np.hstack([sar, event_sar / event_sar.std(axis=0, ddof=1)])
    daily = (stats.rankdata(scaled, axis=1) / (days + 1) - 0.5).mean(axis=0)
    zivney = np.sqrt(length) * daily[-length:].mean() / np.sqrt((daily**2).mean())
    assert outcomes["corrado-zivney"].statistic == pytest.approx(zivney, rel=1e-9)
    scar = car / se
    u = stats.rankdata(np.column_stack([sar, scar / scar.std(ddof=1)]), axis=1)
    sessions = u.shape[1]
    u = u / (sessions + 1) - 0.5
    daily = u.mean(axis=0)
    z = daily[-1] / np.sqrt((daily**2).mean())
    grank = z * np.sqrt((sessions - 2) / (sessions - 1 - z**2))
    assert outcomes["grank-t"].statistic == pytest.approx(grank, rel=1e-9)
    assert outcomes["grank-t"].df == sessions - 2
    independent = u[:, -1].mean() * np.sqrt(12 * n * (sessions + 1) / (sessions - 1))
    assert outcomes["grank-z"].statistic == pytest.approx(independent, rel=1e-9)


@pytest.mark.parametrize("window", WINDOWS)
def test_correlation_of_overlapping_pairs_alone(sample, explicit, window):
    residuals, _, _, _, car, se, df = picked(explicit, window)
    _, _, position, _ = sample
    average, outcomes = found(sample, window)
    n, length = len(car), len(window)
    first = position + ESTIMATION.start
    total, overlapping = 0.0, 0
    for i in range(n):
        for j in range(n):
            apart = abs(int(position[i] - position[j]))
            if i == j or apart >= length:
                continue
            overlapping += 1
            low, high = max(first[i], first[j]), min(first[i], first[j]) + len(ESTIMATION)
            a = residuals[i, low - first[i] : high - first[i]]
            b = residuals[j, low - first[j] : high - first[j]]
            size = np.linalg.norm(residuals[i]) * np.linalg.norm(residuals[j])
            total += (1 - apart / length) * (a @ b) / size
    overlap = average.battery.overlap
    assert overlapping > 10
    assert overlap.correlation == pytest.approx(total / overlapping, rel=1e-9)
    assert overlap.inflation == pytest.approx(1 + total / n, rel=1e-10)
    r = total / n / (n - 1)
    scar = car / se
    kp = stats.ttest_1samp(scar, 0).statistic * np.sqrt((1 - r) / (1 + (n - 1) * r))
    assert outcomes["kp"].statistic == pytest.approx(kp, rel=1e-9)
    patell = scar.sum() / np.sqrt((df / (df - 2)).sum()) / np.sqrt(1 + (n - 1) * r)
    assert outcomes["kp-patell"].statistic == pytest.approx(patell, rel=1e-9)


def test_clusters_against_statsmodels(sample, explicit):
    *_, car, _, _ = picked(explicit, Window(0, 0))
    _, firm, position, weight = sample
    _, outcomes = found(sample, Window(0, 0))
    ones = np.ones(len(car))
    fit = sm.OLS(car, ones).fit(cov_type="cluster", cov_kwds={"groups": position}, use_t=True)
    assert outcomes["date-cluster"].statistic == pytest.approx(fit.tvalues[0], rel=1e-9)
    assert outcomes["date-cluster"].p == pytest.approx(fit.pvalues[0], rel=1e-8)
    both = sm.OLS(car, ones).fit(
        cov_type="cluster", cov_kwds={"groups": np.column_stack([position, firm])}, use_t=True
    )
    assert outcomes["two-way-cluster"].statistic == pytest.approx(both.tvalues[0], rel=1e-9)
    weighted = sm.WLS(car, ones, weights=weight).fit(
        cov_type="cluster", cov_kwds={"groups": position}, use_t=True
    )
    assert outcomes["weighted"].statistic == pytest.approx(weighted.tvalues[0], rel=1e-9)
    means = np.array([car[position == p].mean() for p in np.unique(position)])
    by_date = stats.ttest_1samp(means, 0)
    assert outcomes["date-portfolio"].statistic == pytest.approx(by_date.statistic, rel=1e-9)


def test_covariances_of_overlapping_windows_are_counted(sample, explicit):
    window = Window(-1, 2)
    *_, car, _, _ = picked(explicit, window)
    _, _, position, _ = sample
    _, outcomes = found(sample, window)
    deviation = car - car.mean()
    near = np.abs(position[:, None] - position[None, :]) < len(window)
    dates = len(np.unique(position))
    variance = (deviation[:, None] * deviation[None, :] * near).sum()
    variance *= dates / (dates - 1) / len(car) ** 2
    statistic = car.mean() / np.sqrt(variance)
    assert outcomes["date-cluster"].statistic == pytest.approx(statistic, rel=1e-9)


def test_sums_over_pairs_against_numpy():
    """In runs longer than one, of values whose mean is small beside their spread."""
    rng = np.random.default_rng(8)
    firm = np.repeat(np.arange(130), 10)
    position = np.sort(rng.integers(0, 300, (130, 10)), axis=1).ravel()
    car, se = rng.standard_t(4, 1300) * 0.02, rng.uniform(0.01, 0.03, 1300)
    df, share = rng.uniform(50, 248, 1300), rng.uniform(0.4, 0.5, 1300)
    share[7] = np.nan
    dates, date = np.unique(position, return_inverse=True)
    found = gather(car, se, df, share, firm, position, date, len(dates), 3)
    scar, deviation = car / se, car - car.mean()
    by_firm = np.bincount(firm, deviation)
    by_both = np.bincount(np.unique(firm * 1000 + position, return_inverse=True)[1], deviation)
    gap = np.abs(position[:, None] - position) < 3
    near = gap & (firm[:, None] == firm) & ~np.eye(1300, dtype=bool)
    assert found.mean == pytest.approx(car.mean(), rel=1e-12)
    assert found.size == np.abs(car).max()
    assert found.square * found.size**2 == pytest.approx(deviation @ deviation, rel=1e-13)
    assert found.cube * found.size**3 == pytest.approx((deviation**3).sum(), rel=1e-11)
    assert found.scar_mean == pytest.approx(scar.mean(), rel=1e-12)
    assert found.scar_square == pytest.approx(1299 * scar.var(ddof=1), rel=1e-13)
    assert found.patell == pytest.approx((df / (df - 2)).sum(), rel=1e-13)
    assert found.expected == pytest.approx(np.nanmean(share), rel=1e-13)
    assert found.positive == (car > 0).sum()
    assert found.pairs.tolist() == np.bincount(date).tolist()
    np.testing.assert_allclose(found.total, np.bincount(date, car), rtol=0, atol=1e-16)
    assert (found.firms, found.both) == (130, len(by_both))
    assert found.firm_square == pytest.approx(by_firm @ by_firm, rel=1e-12)
    assert found.both_square == pytest.approx(by_both @ by_both, rel=1e-12)
    assert found.near == near.any(axis=1).sum()


def test_calendar_time_portfolio_against_statsmodels(sample, explicit):
    window = Window(-1, 2)
    _, _, ar, _, _, _, _ = picked(explicit, window)
    _, _, position, weight = sample
    average, outcomes = found(sample, window)
    for test, w in (
        ("calendar-portfolio", np.ones(len(ar))),
        ("calendar-portfolio-weighted", weight),
    ):
        total, held = np.zeros(700), np.zeros(700)
        for i in range(len(ar)):
            for step in range(4):
                total[position[i] - 1 + step] += w[i] * ar[i, step]
                held[position[i] - 1 + step] += w[i]
        returns = total[held > 0] / held[held > 0]
        lags = int(4 * (len(returns) / 100) ** (2 / 9))
        fit = sm.OLS(returns, np.ones(len(returns))).fit(
            cov_type="HAC", cov_kwds={"maxlags": lags, "use_correction": True}, use_t=True
        )
        assert outcomes[test].statistic == pytest.approx(fit.tvalues[0], rel=1e-9)
        mean = next(m for m, o in average.extra if o.test == test)
        assert mean == pytest.approx(returns.mean(), rel=1e-9)


def test_wild_bootstrap_and_redrawn_dates_by_hand(sample, explicit):
    *_, car, _, _ = picked(explicit, Window(0, 0))
    result, _, position, _ = sample
    _, outcomes = found(sample, Window(0, 0))
    dates = np.unique(position)
    rng = np.random.default_rng(result.spec.seed)
    signs = rng.choice([-1.0, 1.0], (999, len(dates)))

    def clustered(x, groups):
        deviation = x - x.mean()
        sums = np.array([deviation[groups == g].sum() for g in np.unique(groups)])
        size = len(sums)
        return x.mean() * len(x) / np.sqrt((sums**2).sum() * size / (size - 1))

    t = clustered(car, position)
    where = np.searchsorted(dates, position)
    draws = np.array([clustered(car * row[where], position) for row in signs])
    p = (1 + (np.abs(draws) >= abs(t) * (1 - 1e-12)).sum()) / 1000
    assert outcomes["wild-cluster"].statistic == pytest.approx(t, rel=1e-9)
    assert outcomes["wild-cluster"].p == pytest.approx(p)
    rng = np.random.default_rng(result.spec.seed)
    picks = rng.integers(0, len(dates), (999, len(dates)))
    redrawn = []
    for row in picks:
        parts = [car[position == dates[g]] - car.mean() for g in row]
        groups = np.repeat(np.arange(len(row)), [len(part) for part in parts])
        redrawn.append(clustered(np.concatenate(parts), groups))
    redrawn = np.array(redrawn)
    tail = min((redrawn <= t).sum(), (redrawn >= t).sum())
    assert outcomes["date-bootstrap"].p == pytest.approx(min(1, 2 * (1 + tail) / 1000))


def test_p_of_the_path_is_adjusted_for_its_length(sample):
    from statsmodels.stats.multitest import multipletests

    days = [a for a in sample[0].averages if a.kind == "day" and a.group == "all"]
    raw = np.array([a.lead.p for a in days])
    holm = np.array([next(o.p for _, o in a.extra if o.test == "holm") for a in days])
    np.testing.assert_allclose(holm, multipletests(raw, method="holm")[1], rtol=1e-12)


def test_family_wise_p_redraws_the_signs_of_dates(world):
    rng = np.random.default_rng(6)
    position = rng.choice(np.arange(140, 660), 36, replace=False)
    firm = np.arange(36) % 12
    data = make_data(*world)
    spec = SampleSpec(
        benchmark="MKT", estimation=ESTIMATION, windows=(Window(0, 0),), path=Window(-3, 5)
    )
    result = run_sample(make_events(data, firm, position), data, spec)
    paths = result.paths().pivot_table(index="id", columns="day", values="ar")
    order = result.firm_events.set_index("id")["session"]
    ar = paths.loc[order.sort_values().index].to_numpy()
    centred = ar - ar.mean(axis=0)
    spread = np.sqrt((centred**2).sum(axis=0))
    t = np.abs(ar.sum(axis=0) / spread)
    signs = np.random.default_rng(spec.seed).choice([-1.0, 1.0], (spec.draws, 36))
    draws = np.abs(signs @ (centred / spread))
    expected = np.empty(9)
    left, running = list(np.argsort(-t)), 0.0
    for _ in range(9):
        largest = draws[:, left].max(axis=1)
        running = max(running, (1 + (largest >= t[left[0]]).sum()) / 1000)
        expected[left.pop(0)] = running
    days = [a for a in result.averages if a.kind == "day"]
    family = [next(o.p for _, o in a.extra if o.test == "romano-wolf") for a in days]
    np.testing.assert_allclose(family, expected, atol=1e-12)
