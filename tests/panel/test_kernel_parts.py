"""The parts of the kernel one by one, as plain code, against NumPy and by hand."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.panel import kernel
from analysis.panel.engine import plan_windows
from analysis.panel.estimates import LinearModel
from analysis.panel.layout import FIXED, OK, WITH_CONSTANT
from analysis.windows import Window

NAN = np.nan


def plain(name):
    """The function as it is written; what is compiled into others is not compiled for itself."""
    function = getattr(kernel, name)
    return getattr(function, "py_func", function)


@pytest.fixture(scope="module")
def firm():
    """A firm that is there from session 3 on, its missing days, factors and a rate with gaps."""
    rng = np.random.default_rng(1)
    y = 0.01 * rng.standard_normal(12)
    y[[2, 7]] = NAN
    factors = 0.01 * rng.standard_normal((17, 2))
    usable = np.ones(17, bool)
    usable[[8, 14]] = False
    base = rng.uniform(0.001, 0.002, 17)
    base[14] = NAN
    factors[~usable] = 0.0
    return y, 3, factors, usable, base


def whole_days(firm):
    y, start, _, usable, _ = firm
    return np.isfinite(y) & usable[start : start + len(y)]


def test_running_sums_are_of_the_days_that_are_whole(firm):
    y, start, factors, usable, base = firm
    sums = np.full((13, 5), 7.0)
    mean = plain("_run_sums")(y, start, factors, usable, base, sums)
    excess = y - base[3:15]
    assert mean == pytest.approx(np.nanmean(excess))
    whole = whole_days(firm)
    value = np.where(whole, np.nan_to_num(excess - mean), 0.0)
    columns = [whole, value, value**2, *(factors[3:15] * value[:, None]).T]
    wanted = np.vstack([np.zeros(5), np.cumsum(np.column_stack(columns), axis=0)])
    np.testing.assert_allclose(sums, wanted, atol=1e-16)
    assert plain("_run_sums")(np.full(12, NAN), start, factors, usable, base, sums) == 0.0
    assert not sums.any()


def test_running_products_are_of_the_days_that_are_whole(firm):
    y, start, factors, usable, _ = firm
    cross = np.full((13, 5), 7.0)
    plain("_run_cross")(y, start, factors, usable, cross)
    x = np.where(whole_days(firm)[:, None], factors[3:15], 0.0)
    columns = [x[:, 0], x[:, 1], x[:, 0] ** 2, x[:, 0] * x[:, 1], x[:, 1] ** 2]
    wanted = np.vstack([np.zeros(5), np.cumsum(np.column_stack(columns), axis=0)])
    np.testing.assert_allclose(cross, wanted, atol=1e-18)


def test_days_left_out_are_listed_where_they_would_count(firm):
    y, start, _, usable, _ = firm
    out = np.zeros(12, bool)
    out[[0, 2, 5, 6, 11]] = True
    days = np.full(12, -9)
    assert plain("_left_out_days")(y, start, usable, out, days) == 2
    assert days[:2].tolist() == [0, 6]  # missing: 2; not usable: 5 and 11
    for row, before in ((0, 0), (1, 1), (6, 1), (7, 2), (12, 2)):
        assert plain("_place_of")(days, 2, row) == before


@pytest.mark.parametrize("length", [1, 3, 4, 20])
def test_sums_left_out_are_taken_off_wherever_the_window_begins(length):
    rng = np.random.default_rng(2)
    y, factors, base = rng.standard_normal(30), rng.standard_normal((34, 2)), rng.random(34)
    days = np.array([0, 1, 5, 6, 7, 12, 15, 16, 23, 29])
    ahead, behind = np.empty((10, 10)), np.empty((10, 10))
    plain("_left_out_sums")(y, 4, factors, base, days, 0.3, length, ahead, behind)
    value = y - base[4:] - 0.3
    x = factors[4:]
    rows = np.column_stack([
        np.ones(30), value, value**2, x * value[:, None], x,
        x[:, 0] ** 2, x[:, 1] * x[:, 0], x[:, 1] ** 2,
    ])  # fmt: skip
    for lo in range(31 - length):
        inside = days[(days >= lo) & (days < lo + length)]
        if not len(inside):
            continue
        skipped = tuple(int(np.searchsorted(days, at)) for at in (lo, lo + length))
        for first, width in ((0, 5), (5, 5)):
            window = np.full(width, 100.0)
            plain("_take_left_out")(lo, days, length, ahead, behind, skipped, first, window)
            wanted = 100 - rows[inside].sum(axis=0)[first : first + width]
            np.testing.assert_allclose(window, wanted, rtol=1e-13)


@pytest.mark.parametrize("k", [0, 1, 2, 4])
def test_cross_products_are_inverted_in_the_order_of_the_model(k):
    rng = np.random.default_rng(3)
    x = rng.standard_normal((20, 5)) * [1.0, 1e-4, 1e3, 1.0, 10.0]
    cross, columns = x.T @ x, np.array([3, 1, 4, 0])[:k]
    inverse, lower = np.zeros((5, 5)), np.empty((5, 5))
    assert plain("_invert")(cross, columns, np.zeros(5), inverse, lower)
    wanted = np.linalg.inv(cross[np.ix_(columns, columns)])
    np.testing.assert_allclose(inverse[:k, :k], wanted, rtol=1e-9)
    if k:
        least = np.zeros(5)
        least[columns[-1]] = cross[columns[-1], columns[-1]]  # as much as there is: too little
        assert not plain("_invert")(cross, columns, least, inverse, lower)


def test_products_that_have_lost_their_digits_are_not_trusted():
    """A condition of 1e6 or more in the largest row sums of matrix and inverse."""
    for rho, trusted in ((0.999, True), (1 - 1e-5, True), (1 - 1e-6, False), (1.0, False)):
        cross = np.array([[1.0, rho], [rho, 1.0]])
        inverse, lower = np.zeros((2, 2)), np.empty((2, 2))
        found = plain("_invert")(cross, np.array([0, 1]), np.zeros(2), inverse, lower)
        assert found == trusted
        condition = np.linalg.cond(cross, np.inf) if rho < 1 else np.inf
        assert (condition < 1e6) == trusted


def test_events_are_grouped_by_firm_in_their_order():
    firms, at = np.array([2, 0, 2, 5, 0, 2]), np.array([9, 8, 7, 6, 5, 4])
    active = np.array([True, True, True, False, True, True])
    starts, order, position = plain("group_by_firm")(firms, at, active, 4)
    assert starts.tolist() == [0, 2, 2, 5, 5]
    assert order.tolist() == [1, 4, 0, 2, 5]
    assert position.tolist() == [8, 5, 9, 7, 4]


@pytest.fixture(scope="module")
def planned():
    rng = np.random.default_rng(4)
    factors = 1.0 + rng.standard_normal((30, 2))
    factors[[7, 21]] = NAN
    plan = plan_windows(
        np.zeros((30, 1)), factors, [2, 12, 28],
        models=[LinearModel((1, 0)), LinearModel((1,), "fixed")],
        estimation=Window(-8, -2), windows=[Window(0, 1), Window(-1, 5)],
    )  # fmt: skip
    return factors, *plan.designs[0]


def test_a_table_holds_what_depends_on_the_factors_alone(planned):
    factors, design, table = planned
    mean = np.nanmean(factors, axis=0)
    np.testing.assert_allclose(design.mean, mean)
    usable = np.isfinite(factors).all(axis=1)
    centred = np.where(usable[:, None], factors - mean, 0.0)
    np.testing.assert_allclose(design.factors, centred, atol=1e-15)
    for place, position in enumerate((2, 12, 28)):
        rows = [t for t in range(position - 8, position - 1) if 0 <= t < 30 and usable[t]]
        assert table.usable[place] == len(rows)
        for w, (first, last) in enumerate(((0, 1), (-1, 5))):
            days = slice(max(position + first, 0), position + last + 1)
            np.testing.assert_allclose(table.total[place, w], centred[days].sum(axis=0))
        if len(rows) < 4:
            assert not table.solvable[place].any()
            continue
        centre = centred[rows].mean(axis=0)
        np.testing.assert_allclose(table.centre[place], centre, atol=1e-15)
        apart = (centred[rows] - centre)[:, [1, 0]]
        inverse = np.linalg.inv(apart.T @ apart)
        np.testing.assert_allclose(table.inverse[place, 0], inverse, rtol=1e-9)
        assert table.solvable[place].all()
        # of a short window the constant counts, of a long one the slopes alone
        x = np.column_stack([np.ones(len(rows)), factors[rows][:, [1, 0]]])
        short = np.append(2, 2 * mean[[1, 0]] + table.total[place, 0][[1, 0]])
        wanted = short @ np.linalg.inv(x.T @ x) @ short
        assert table.leverage[place, 0, 0] == pytest.approx(wanted, rel=1e-9)
        long = 7 * mean[[1, 0]] + table.total[place, 1][[1, 0]]
        assert table.leverage[place, 0, 1] == pytest.approx(long @ inverse @ long, rel=1e-9)
    assert design.alpha.tolist() == [True, False]
    assert design.kinds.tolist() == [WITH_CONSTANT, FIXED]


def test_rows_are_copied_and_centred(firm):
    y, start, factors, usable, base = firm

    class Design:
        pass

    design = Design()
    design.factors, design.usable, design.base = factors, usable, base
    out = np.zeros(12, bool)
    out[[4, 9]] = True
    for left_out in (out, np.zeros(0, bool)):
        kept = whole_days(firm)
        if len(left_out):
            kept &= ~out
        kept[[0, 11]] = False  # before lo, and from hi on
        rows = np.full((12, 3), 7.0)
        n, largest = plain("_copy_rows")(
            y, start, (1, 11, 99), design, left_out, np.array([1, 0]), rows
        )
        excess = (y - base[3:15])[kept]
        wanted = np.column_stack([factors[3:15][kept][:, [1, 0]], excess])
        assert n == kept.sum()
        np.testing.assert_array_equal(rows[:n], wanted)
        assert largest == np.abs(excess).max()
        centre = np.full(2, 7.0)
        mean = plain("_centre_rows")(rows, n, 2, np.array([1, 0]), centre)
        assert mean == pytest.approx(excess.mean())
        np.testing.assert_allclose(centre, wanted[:, [1, 0]].mean(axis=0))
        np.testing.assert_allclose(rows[:n], wanted - wanted.mean(axis=0), atol=1e-17)


@pytest.mark.parametrize("k", [1, 2, 3])
def test_rows_are_solved_by_reflections(k):
    rng = np.random.default_rng(5)
    x = rng.standard_normal((9, k)) * [1.0, 1e-3, 50.0][:k]
    y = rng.standard_normal(9)
    rows = np.column_stack([x, y])
    norm, diagonal, slope = np.empty(k), np.empty(k), np.empty(k)
    assert plain("_triangularise")(rows, 9, k, np.zeros(k), norm, diagonal)
    np.testing.assert_allclose(norm, np.linalg.norm(x, axis=0))
    triangle = np.linalg.qr(x / norm, mode="r")
    np.testing.assert_allclose(np.abs(diagonal), np.abs(triangle.diagonal()))
    plain("_back_substitute")(rows, k, norm, diagonal, slope)
    np.testing.assert_allclose(slope, np.linalg.lstsq(x, y, rcond=None)[0], rtol=1e-9)
    sums = rng.standard_normal(k)
    found = plain("_row_leverage")(rows, k, norm, diagonal, sums, np.empty(k))
    assert found == pytest.approx(sums @ np.linalg.inv(x.T @ x) @ sums, rel=1e-9)
    # what is too small, depends on others or leaves no row is refused
    least = np.square(x).sum(axis=0) / 9
    assert not plain("_triangularise")(np.column_stack([x, y]), 9, k, least, norm, diagonal)
    assert plain("_triangularise")(
        np.column_stack([x, y]), 9, k, least * (1 - 1e-9), norm, diagonal
    )
    twice = np.column_stack([x, x[:, 0] * (1 + 1e-12), y])
    nothing, more = np.zeros(k + 1), np.empty((2, k + 1))
    assert not plain("_triangularise")(twice, 9, k + 1, nothing, *more)
    few = np.column_stack([x, y])[: k + 1]
    assert plain("_triangularise")(few.copy(), k + 1, k, np.zeros(k), norm, diagonal)
    assert not plain("_triangularise")(few[:k].copy(), k, k, np.zeros(k), norm, diagonal)


def test_sums_are_solved_or_said_to_have_lost_their_digits():
    rng = np.random.default_rng(6)
    x, y = rng.standard_normal((15, 3)), rng.standard_normal(15)
    columns, model = np.array([[9, 9, 9], [2, 0, 9]]), (1, 2)
    used = x[:, [2, 0]]
    window = np.concatenate([[15, y.sum(), y @ y], x.T @ y])
    centre, inverse = np.zeros((2, 3)), np.zeros((2, 2, 3, 3))
    centre[1] = x.mean(axis=0)
    apart = used - used.mean(axis=0)
    inverse[1, 1, :2, :2] = np.linalg.inv(apart.T @ apart)
    slope = np.full(3, 7.0)
    design = np.column_stack([np.ones(15), used])
    wanted = np.linalg.lstsq(design, y, rcond=None)[0]
    left = float(np.square(y - design @ wanted).sum())
    for running, lost in ((1.0, False), (left / 4e-5 * 0.99, False), (left / 4e-5 * 1.01, True)):
        rss, constant = plain("_solve_sums")(
            window, running, columns, model, 1, centre, inverse, slope
        )
        assert constant == pytest.approx(wanted[0])
        np.testing.assert_allclose(slope[:2], wanted[1:])
        assert rss == (-1.0 if lost else pytest.approx(left))


def test_what_a_window_lacks_is_said_in_the_order_of_its_days(firm):
    y, start, factors, usable, base = firm
    sums = np.empty((13, 5))
    plain("_run_sums")(y, start, factors, usable, base, sums)
    status = plain("_event_status")
    for position, first, last, skip, wanted in (
        (2, 2, 4, False, (2, 0)),  # before the firm's first session
        (15, 15, 16, False, (2, 0)),  # after its last
        (3, 3, 5, False, (OK, 2)),
        (3, 2, 5, False, (3, 2)),
        (3, 2, 5, True, (OK, 2)),
        (14, 13, 16, False, (3, 2)),
        (14, 13, 16, True, (OK, 1)),
        (14, 14, 16, True, (3, 1)),  # nothing that is left is whole
        (4, 4, 7, False, (4, 2)),  # a return is missing
        (4, 4, 7, True, (OK, 2)),
        (7, 7, 9, False, (5, 2)),  # a factor is
        (7, 7, 9, True, (OK, 1)),
        (5, 5, 10, False, (4, 4)),  # the first of both that is missing
        (8, 8, 11, False, (5, 2)),
        (5, 5, 6, True, (4, 0)),
    ):
        found = status(y, start, (position, first, last), usable, sums, skip)
        assert found == wanted, (position, first, last, skip)
