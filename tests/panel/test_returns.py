"""Returns of many firms: laid out from any order, cut, and kept from a fit, cell by cell."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.errors import StudyError
from analysis.panel.returns import PanelReturns, RepeatedReturnError
from analysis.windows import Window

NAN = np.nan
MATRIX = np.array(
    [
        [NAN, 0.1, NAN, NAN],
        [0.2, NAN, NAN, NAN],
        [0.3, 0.4, NAN, NAN],
        [NAN, 0.5, NAN, 0.6],
        [0.7, NAN, NAN, NAN],
    ]
)


def piece(*rows):
    firm, position, values = zip(*rows, strict=True)
    return np.array(firm, np.int32), np.array(position, np.int32), np.array(values, np.float64)


def cells(panel: PanelReturns) -> np.ndarray:
    """Lay the panel out again as a matrix."""
    out = np.full((panel.n_sessions, panel.n_firms), NAN)
    for firm in range(panel.n_firms):
        begin, end = panel.rows.offsets[firm : firm + 2]
        first = panel.rows.first[firm]
        out[first : first + end - begin, firm] = panel.rows.values[begin:end]
    return out


def long(shuffle: int, cut: int) -> PanelReturns:
    position, firm = np.nonzero(np.isfinite(MATRIX))
    rows = [(f, p, MATRIX[p, f]) for f, p in zip(firm.tolist(), position.tolist(), strict=True)]
    order = np.random.default_rng(shuffle).permutation(len(rows))
    rows = [rows[place] for place in order]
    return PanelReturns.from_long([piece(*rows[:cut]), piece(*rows[cut:])], n_firms=4, n_sessions=5)


@pytest.mark.parametrize("shuffle", [1, 2, 3])
def test_every_return_stands_where_it_belongs(shuffle):
    for panel in (PanelReturns.from_matrix(MATRIX), long(shuffle, 3)):
        np.testing.assert_array_equal(cells(panel), MATRIX)
        assert (panel.n_sessions, panel.n_firms) == (5, 4)
        assert panel.rows.offsets[0] == 0
        # from its first to its last session, nothing beside them
        assert [panel.rows.values[begin] for begin in panel.rows.offsets[[0, 1, 3]]] == [
            0.2,
            0.1,
            0.6,
        ]
        assert panel.rows.values[-1] == 0.6
        assert panel.rows.left_out.size == 0


def test_one_column_may_come_as_a_list_and_a_cube_may_not():
    np.testing.assert_array_equal(cells(PanelReturns.from_matrix(MATRIX[:, 0])), MATRIX[:, :1])
    with pytest.raises(StudyError, match="one row a session"):
        PanelReturns.from_matrix(MATRIX[None])


def test_a_part_is_the_firms_alone():
    panel = PanelReturns.from_matrix(MATRIX).leaving_out(
        np.array([1, 3]), np.array([2, 3]), Window(0, 0)
    )
    part = panel.part(1, 4)
    np.testing.assert_array_equal(cells(part), MATRIX[:, 1:4])
    assert part.rows.left_out.tolist() == panel.rows.left_out.tolist()[-len(part.rows.values) :]
    assert part.rows.left_out.sum() == 2
    np.testing.assert_array_equal(cells(panel.part(0, 1)), MATRIX[:, :1])
    for first in range(4):
        for end in range(first + 1, 5):
            part = panel.part(first, end)
            assert part.n_firms == end - first
            assert part.rows.offsets.size == end - first + 1
            assert part.rows.offsets[[0, -1]].tolist() == [0, part.rows.values.size]
            assert part.rows.left_out.size == part.rows.values.size
            assert part.n_sessions == 5


@pytest.mark.parametrize(
    ("firm", "position", "span"),
    [
        ([0], [2], Window(0, 0)),
        ([0, 1], [4, 0], Window(-2, 1)),  # beyond the end, and before the first
        ([-1, 4, 1], [2, 2, 3], Window(-1, 1)),  # firms that are none
        ([1], [3], Window(1, 3)),  # wholly beyond
        ([0, 0], [1, 4], Window(0, 0)),
    ],
)
def test_sessions_around_events_are_left_out_and_no_others(firm, position, span):
    panel = PanelReturns.from_matrix(MATRIX)
    found = panel.leaving_out(np.array(firm), np.array(position), span)
    wanted = np.zeros(MATRIX.shape, dtype=bool)
    for f, p in zip(firm, position, strict=True):
        for day in range(p + span.start, p + span.end + 1):
            if 0 <= f < 4 and 0 <= day < 5:
                wanted[day, f] = True
    there = [
        wanted[first : first + end - begin, f]
        for f, (first, begin, end) in enumerate(
            zip(panel.rows.first, panel.rows.offsets, panel.rows.offsets[1:], strict=False)
        )
    ]
    assert found.rows.left_out.tolist() == np.concatenate(there).tolist()
    assert found.rows.values is panel.rows.values


def test_the_first_cell_that_is_filled_twice_is_named():
    once = piece((0, 1, 0.1), (1, 4, 0.2), (1, 2, 0.3), (2, 0, 0.4))
    for again, firm, position in (((1, 2, 0.9), 1, 2), ((1, 4, 0.9), 1, 4), ((2, 0, 0.9), 2, 0)):
        with pytest.raises(RepeatedReturnError) as error:
            PanelReturns.from_long([once, piece(again)], n_firms=3, n_sessions=5)
        assert (error.value.firm, error.value.position) == (firm, position)
    # what is missing fills nothing
    panel = PanelReturns.from_long([once, piece((1, 3, NAN))], n_firms=3, n_sessions=5)
    assert np.isfinite(panel.rows.values).sum() == 4
