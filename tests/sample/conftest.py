"""Samples made in memory: returns of some firms on one market, and lists of pairs."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from analysis.panel import PanelReturns
from analysis.sample.data import SampleData
from analysis.sample.events import FirmEvents
from analysis.sessions import sessions_between

FIRMS, SESSIONS = 12, 700


def make_data(returns, market, *, factors=None, log=False, markets=None):
    """Put returns of shape (T, firms) and a market on sessions of New York."""
    index = sessions_between("XNYS", dt.date(2019, 1, 2), dt.date(2023, 12, 29))[: len(returns)]
    both = np.column_stack([returns, market])
    names = [f"F{at:03d}" for at in range(returns.shape[1])]
    return SampleData(
        name="made",
        calendar="XNYS",
        sessions=index.to_numpy().astype("datetime64[D]").astype(np.int32),
        symbols={name: at for at, name in enumerate([*names, "MKT"])},
        panel=PanelReturns.from_matrix(both),
        factors=factors or {},
        markets=markets or {},
        log=log,
    )


def make_events(data, firm, position, **columns):
    """List pairs by firm number and session number."""
    days = data.sessions[np.asarray(position)].astype("datetime64[D]").tolist()
    return FirmEvents.make([f"F{at:03d}" for at in firm], days, **columns)


@pytest.fixture(scope="session")
def world():
    """Returns of 12 firms and their market; 700 sessions, no gap."""
    rng = np.random.default_rng(11)
    market = rng.normal(0.0004, 0.01, SESSIONS)
    returns = (
        market[:, None] * rng.uniform(0.5, 1.8, FIRMS)
        + rng.standard_t(5, (SESSIONS, FIRMS)) * 0.012
    )
    returns += 0.006 * rng.normal(size=(SESSIONS, 1))
    return returns, market
