"""
Which donors a study's control portfolios are made of, and why others are not.

Donors are those that the study names, never whatever else the data hold. ``"all-untreated"`` stands
for every security of the data that is no firm, benchmark or industry member of the study and that
no known holding ties to one of its firms.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from analysis.benchmarks import every_benchmark
from analysis.currency import USD
from analysis.errors import ReliabilityWarning, StudyError, nearest
from analysis.models.design import check_donors
from analysis.models.donors import FEWEST_DONORS, check_memory
from analysis.models.linear import WORST_CONDITION
from analysis.prices.snapshot import LEVELS
from analysis.prices.tables import read_table
from analysis.run.flags import LEAST_WEIGHT
from analysis.study import ALL_UNTREATED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from analysis._typing import FloatArray
    from analysis.prices.market_data import MarketData
    from analysis.study import Study


@dataclass(frozen=True, slots=True)
class DonorPool:
    """
    The donors of a study in its data.

    Attributes
    ----------
    names : tuple of str
    refused : mapping of str to str
        Securities that ``"all-untreated"`` left out because of what they hold, with the reason.
    open : bool
        Whether the study named no single donor: an event then leaves out those that lack a return.
    """

    names: tuple[str, ...] = ()
    refused: Mapping[str, str] | None = None
    open: bool = False


def with_donor_levels(study: Study, data: MarketData) -> MarketData:
    """
    Put the bundled levels of donors beside those of the snapshot, as far as the study asks for any.

    Levels of a user's own are left as they are.

    Raises
    ------
    IntegrityError, DataError
        If the bundled table is not what its manifest says.
    """
    everything = ALL_UNTREATED in study.donors
    lacking = [name for name in study.donors if name not in data.levels.columns]
    if not lacking or not any(item.name == LEVELS for item in data.inputs):
        return data
    table, identity = read_table("donors", data.folder)
    table = table.set_index("session").drop(columns=data.levels.columns, errors="ignore")
    if not everything:
        table = table[[name for name in lacking if name in table.columns]]
    if not len(table.columns):
        return data
    levels = data.levels.join(table)
    currencies = {**data.currencies, **dict.fromkeys(map(str, table.columns), USD)}
    return replace(data, levels=levels, currencies=currencies, inputs=(*data.inputs, identity))


def donor_pool(study: Study, data: MarketData) -> DonorPool:
    """
    Find the donors of a study and refuse those that its event touched.

    Parameters
    ----------
    study : Study
    data : MarketData
        As `with_donor_levels` returns them.

    Returns
    -------
    DonorPool

    Raises
    ------
    StudyError
        If the study names no donor, one that the data lack, one of its own firms, or one known to
        hold or to sell with them; or if fewer than `FEWEST_DONORS` are left. The firm that
        the study leads with is no donor even by force.
    DataError
        If the returns of all donors need too much memory, see `check_memory`.
    """
    known = [str(name) for name in data.levels.columns]
    if not study.donors:
        raise StudyError("a model of the study needs 'donors'; list symbols under that key")
    touched = _exposed(study, data)
    everything = ALL_UNTREATED in study.donors
    if everything:
        kept_out = {*study.symbols, study.event_firm, *study.industry}
        kept_out |= {name for b in every_benchmark(study) for name in (b.symbol, *b.firms)}
        free = [name for name in known if name not in kept_out]
        names = tuple(n for n in free if study.force_donors or n not in touched)
        refused = {n: touched[n] for n in free if n not in names}
    else:
        names, refused = study.donors, {}
        _check_named(study, touched, data.name, known)
    if len(names) < FEWEST_DONORS:
        raise StudyError(
            f"a control portfolio needs {FEWEST_DONORS} donors or more, {data.name} leaves "
            f"{len(names)}; list more under 'donors'"
        )
    check_memory(len(names), len(data.levels))
    return DonorPool(names, refused, everything)


def _check_named(study: Study, touched: Mapping[str, str], where: str, known: list[str]) -> None:
    for name in study.donors:
        if name not in known:
            raise StudyError(
                f"'donors' names {name}, which is not in {where}; {nearest(name, known)}"
            )
    check_donors(
        study.donors,
        {*study.symbols, study.event_firm},
        study.headline.symbol,
        force=study.force_donors,
    )
    tied = [f"{name} ({touched[name]})" for name in study.donors if name in touched]
    if tied and not study.force_donors:
        raise StudyError(
            f"donors {', '.join(tied)} move with firms of the study; take them off the donors, or "
            "set force_donors = true"
        )


def _exposed(study: Study, data: MarketData) -> dict[str, str]:
    """Say what ties securities to firms of the study, by security."""
    treated = {*study.symbols, study.event_firm}
    held: dict[str, dict[str, float]] = {}
    for weight in data.reference.weights:
        if weight.symbol in treated:
            fund = held.setdefault(weight.index.split()[0], {})
            fund[weight.symbol] = max(weight.weight, fund.get(weight.symbol, 0.0))
    found = {
        fund: f"holds {_some(sorted(firms))}"
        for fund, firms in held.items()
        if sum(firms.values()) >= LEAST_WEIGHT
    }
    if data.folder is None:
        return found
    table, _ = read_table("donor-exposures", data.folder)
    for row in table.to_dict("records"):
        common = [firm for firm in row["exposed_to"].split() if firm in treated]
        if common and row["symbol"] not in found:
            verb = "holds" if row["kind"] == "fund" else "is close to"
            found[row["symbol"]] = f"{verb} {_some(common)}"
    return found


def _some(names: list[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more


def warn_of_collinear(pool: DonorPool, columns: Mapping[str, FloatArray], rows: slice) -> None:
    """
    Say where donors are mixes of each other: the control is the same, its weights are one of many.

    Parameters
    ----------
    pool : DonorPool
        Donors that lack a return of the rows are passed over.
    columns : mapping of str to ndarray of shape (T,)
    rows : slice
        Sessions of an estimation window.

    Warns
    -----
    ReliabilityWarning
        If two donors have the same returns, or fewer donors than sessions are collinear.
    """
    given = {name: columns[name][rows] for name in pool.names if name in columns}
    whole = {name: column for name, column in given.items() if np.isfinite(column).all()}
    moving = {name: c - c.mean() for name, c in whole.items() if float(np.ptp(c)) > 0}
    seen: dict[bytes, str] = {}
    for name, column in moving.items():
        twin = seen.setdefault(np.round(column, 12).tobytes(), name)
        if twin != name:
            _warn(f"donors {twin} and {name} have the same returns in the estimation window")
            return
    if 1 < len(moving) < len(next(iter(moving.values()))):
        table = np.column_stack([column / column.std() for column in moving.values()])
        if np.linalg.cond(table) > WORST_CONDITION:
            _warn("some donors are mixes of the others in the estimation window (collinear)")


def _warn(fault: str) -> None:
    warnings.warn(
        f"{fault}: what the control expects stays the same, the weights are one choice of many; "
        "drop donors to have others",
        ReliabilityWarning,
        stacklevel=2,
    )


def complete_donors(
    pool: DonorPool, columns: Mapping[str, np.ndarray], needed: tuple[slice, int]
) -> tuple[str, ...]:
    """
    List the donors of an event: all that are named, or those of an open pool with every return.

    Parameters
    ----------
    pool : DonorPool
    columns : mapping of str to ndarray of shape (T,)
    needed : (slice, int)
        Rows of the estimation window, and that of the event session.

    Returns
    -------
    tuple of str
    """
    if not pool.open:
        return pool.names
    rows, day = needed
    return tuple(
        name
        for name in pool.names
        if np.isfinite(columns[name][rows]).all() and np.isfinite(columns[name][day])
    )
