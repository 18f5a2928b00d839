"""Details as tidy frames, one a file: returns in decimals, losses in USD."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis.robustness import as_rows

if TYPE_CHECKING:
    from analysis.details import Details
    from analysis.effects.reaction_dates import ReactionDates
    from analysis.inference.announcement import Reaction

Rows = list[dict[str, Any]]


def detail_frames(details: Details) -> dict[str, pd.DataFrame]:
    """
    Lay out the details as tidy frames.

    Parameters
    ----------
    details : Details

    Returns
    -------
    dict of str to pandas.DataFrame
        By the name of the file that each is written to; only those with rows.
    """
    rows: dict[str, Rows] = {
        "leave-one-out.csv": as_rows(details.left_out),
        "claims.csv": _claims(details),
        "reactions.csv": _reactions(details),
        "reaction-groups.csv": _group_reactions(details),
        "own-dates.csv": _own_dates(details),
        "contagion.csv": _contagion(details),
        "index-arithmetic.csv": _index_shares(details),
        "conformal.csv": _conformal(details),
        "synthetic-control.csv": _synthetic(details),
        "donors.csv": _donors(details),
        "volatility.csv": _volatility(details),
        "recovery-path.csv": _recovery(details),
        "worst-days.csv": _worst_days(details),
        "largest-losses.csv": _largest_losses(details),
    }
    frames = {"specifications.csv": details.curve.tidy}
    if details.abroad is not None:
        frames["abroad.csv"] = details.abroad
    return frames | {name: pd.DataFrame(found) for name, found in rows.items() if found}


def _claims(details: Details) -> Rows:
    return [
        {
            "id": item.claim.id,
            "says": item.claim.says,
            "source": item.claim.source,
            "unit": item.claim.unit,
            "claimed": " to ".join(f"{value:g}" for value in item.claim.claimed),
            "computed": item.finding.shown
            or " to ".join(f"{value:.4g}" for value in item.finding.computed),
            "verdict": item.finding.verdict,
            "reasoning": item.finding.reasoning,
        }
        for item in details.claims
    ]


def _reactions(details: Details) -> Rows:
    dates = details.reaction_dates
    return [] if dates is None else [_reaction(dates, item, "symbol") for item in dates.reactions]


def _group_reactions(details: Details) -> Rows:
    dates = details.reaction_dates
    return [] if dates is None else [_reaction(dates, item, "series") for item in dates.groups]


def _reaction(dates: ReactionDates, item: Reaction, what: str) -> dict[str, Any]:
    return {
        "session": str(dates.sessions[item.day].date()),
        what: item.series,
        "abnormal_return": item.ar,
        "t": item.statistic,
        "p_session": item.p_day,
        "p_all": item.p_all,
        "p_holm": item.p_holm,
    }


def _own_dates(details: Details) -> Rows:
    dates = details.reaction_dates
    if dates is None:
        return []
    return [
        {
            "session": str(dates.sessions[item.day].date()),
            "event_time": dates.first + item.day,
            "abnormal_return": item.ar,
            "t": item.statistic,
            "p_romano_wolf": item.p_all,
            "p_holm": item.p_holm,
        }
        for item in dates.own
    ]


def _contagion(details: Details) -> Rows:
    if details.contagion is None:
        return []
    return [
        {
            "symbol": point.symbol,
            "group": point.group,
            "correlation": point.correlation,
            "abnormal_return": point.abnormal,
        }
        for point in details.contagion.points
    ]


def _index_shares(details: Details) -> Rows:
    return [
        {
            "index": share.index,
            "symbol": part.symbol,
            "weight": part.weight,
            "weight_published_for": str(part.anchor),
            "firm_return": part.move,
            "contribution": part.points,
            "index_return": share.move,
        }
        for share in details.index_shares
        for part in share.parts
    ]


def _conformal(details: Details) -> Rows:
    if details.conformal is None:
        return []
    last = len(details.conformal.residuals) - details.conformal.length
    return [
        {"row": row, "residual": float(value), "event": row >= last}
        for row, value in enumerate(details.conformal.residuals)
    ]


def _synthetic(details: Details) -> Rows:
    path = details.synthetic
    if path is None:
        return []
    return [
        {"event_time": path.first + row, "growth": float(own), "growth_control": float(control)}
        for row, (own, control) in enumerate(zip(path.actual, path.control, strict=True))
    ]


def _donors(details: Details) -> Rows:
    if details.synthetic is None:
        return []
    return [{"donor": name, "weight": w} for name, w in details.synthetic.weights.items()]


def _volatility(details: Details) -> Rows:
    change = details.volatility
    if change is None:
        return []
    return [
        {"event_time": int(offset), "volatility": float(value)}
        for offset, value in zip(change.offsets, change.rolling, strict=True)
    ]


def _recovery(details: Details) -> Rows:
    path = details.recovery
    if path is None:
        return []
    low, middle, high = path.band
    return [
        {
            "sessions_after": row,
            "growth": float(value),
            "earlier_falls_10": float(low[row]),
            "earlier_falls_50": float(middle[row]),
            "earlier_falls_90": float(high[row]),
        }
        for row, value in enumerate(path.path)
    ]


def _worst_days(details: Details) -> Rows:
    return [
        {
            "session": str(day.session),
            "return": day.move,
            "loss_usd": day.loss,
            "basis": day.basis or "no share count",
        }
        for day in details.worst_days
    ]


def _largest_losses(details: Details) -> Rows:
    return [
        {
            "company": item.company,
            "date": str(item.date),
            "loss_usd": item.loss,
            "others_usd_bn": ", ".join(f"{value / 1e9:g}" for value in item.others),
            "percent": item.percent,
            "note": item.note,
        }
        for item in details.largest_losses
    ]
