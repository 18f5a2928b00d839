"""
One formula a claim: from prices and published primitives to a figure, a verdict and its reason.

Every formula takes a claim and the evidence and returns a `Finding`. Dollars are in the claim's
unit; a loss is positive here, as the press writes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from analysis.claims.evidence import Evidence
    from analysis.claims.ledger import Claim, Verdict

    Formula = Callable[[Claim, Evidence], "Finding"]

HOURS_A_DAY = 24
KEYS_AND_VALUES = 2
BYTES_A_NUMBER = 2
"""The cache is kept in 16-bit numbers."""


@dataclass(frozen=True, slots=True)
class Finding:
    """
    What a formula found.

    Attributes
    ----------
    computed : tuple of float
        In the claim's unit; empty where nothing can be computed.
    verdict : {"holds", "holds within rounding", "does not hold", "cannot be tested here"}
    reasoning : str
        One line.
    shown : str
        The computed figure where it is no number; empty otherwise.
    """

    computed: tuple[float, ...]
    verdict: Verdict
    reasoning: str
    shown: str = ""


def judged(claim: Claim, *computed: float) -> Verdict:
    """
    Hold computed figures against the claimed ones by the claim's own tolerances.

    Examples
    --------
    >>> from analysis.claims.ledger import Claim
    >>> claim = Claim("x", "", "", (600.0,), "USD bn", "", exact=0.5, rounding=50.0)
    >>> judged(claim, 592.7), judged(claim, 540.0), judged(claim, 600.2)
    ('holds within rounding', 'does not hold', 'holds')
    """
    off = max(abs(mine - theirs) for mine, theirs in zip(computed, claim.claimed, strict=True))
    if off <= claim.exact:
        return "holds"
    return "holds within rounding" if off <= claim.rounding else "does not hold"


def one_day_loss(claim: Claim, evidence: Evidence) -> Finding:
    """Shares times the fall of the printed close, USD bn."""
    shares, eve, close = evidence.shares, evidence.eve_close, evidence.close
    loss = shares * (eve - close) / 1e9
    reason = f"{shares / 1e9:.2f} bn shares x ({eve:.2f} - {close:.2f})"
    early = claim.options.get("early_print")
    if early is not None:
        old = shares * (eve - early) / 1e9
        needed = claim.claimed[0] / (eve - close)
        reason += (
            f"; the early print {early:.2f} gives {old:.1f}, while at the official close "
            f"{claim.claimed[0]:.0f} would need {needed:.2f} bn shares, which no source here gives"
        )
    return Finding((loss,), judged(claim, loss), reason)


def record_loss(_claim: Claim, evidence: Evidence) -> Finding:
    """Compare the loss with the largest other published loss of a single firm, USD bn."""
    loss = evidence.loss / 1e9
    other = max(evidence.other_losses, key=lambda row: row.loss or 0.0)
    largest = (other.loss or 0.0) / 1e9
    return Finding(
        (largest,),
        "holds" if loss > largest else "does not hold",
        f"{loss:.0f} bn against {largest:.0f} bn, {other.company} on {other.date}, the largest "
        "other loss in the table of published ones; in dollars, not in percent or in "
        "constant money",
    )


def previous_record_ratio(claim: Claim, evidence: Evidence) -> Finding:
    """Loss over the largest published loss of a single firm before it."""
    before = [row for row in evidence.other_losses if row.date < evidence.session]
    record = max(before, key=lambda row: row.loss or 0.0)
    ratio = evidence.loss / (record.loss or float("nan"))
    return Finding(
        (ratio,),
        "holds" if ratio > claim.claimed[0] else "does not hold",
        f"{evidence.loss / 1e9:.0f} bn over {(record.loss or 0) / 1e9:.0f} bn, {record.company} on "
        f"{record.date}",
    )


def firms_beyond_chance(claim: Claim, evidence: Evidence) -> Finding:
    """Count the firms whose abnormal return is beyond the 95 % interval; most of them: holds."""
    tested = {
        symbol: evidence.abnormal(
            symbol, claim.options["benchmark"], weight=claim.options["weight"]
        )
        for symbol in claim.options["symbols"]
    }
    beyond = [symbol for symbol, outcome in tested.items() if outcome.p < 0.05]
    fell = [symbol for symbol in beyond if tested[symbol].value < 0]
    return Finding(
        (float(len(beyond)),),
        "holds" if 2 * len(beyond) > len(tested) else "does not hold",
        f"{len(beyond)} of {len(tested)} chip and equipment makers moved by more than chance on "
        f"{evidence.session}, {len(fell)} of them down; within chance: "
        f"{', '.join(s for s in tested if s not in beyond) or 'none'}",
        shown=f"{len(beyond)} of {len(tested)}",
    )


def index_abnormal_return(claim: Claim, evidence: Evidence) -> Finding:
    """Abnormal return of an index fund against a benchmark that hardly holds the firm, percent."""
    symbol, benchmark = claim.options["symbols"][0], claim.options["benchmark"]
    outcome = evidence.abnormal(symbol, benchmark)
    return Finding(
        (100 * outcome.value,),
        "holds" if outcome.value < 0 and outcome.p < 0.05 else "does not hold",
        f"{symbol} returned {100 * outcome.raw:.2f} %; against {benchmark} that is "
        f"{100 * outcome.value:.2f} % abnormal (p = {outcome.p:.4f}); part of it is "
        f"{evidence.firm} itself",
    )


def training_cost(claim: Claim, evidence: Evidence) -> Finding:
    """GPU-hours of a stage, or of all three, times the assumed rent, USD m."""
    stage = claim.options.get("stage", "total")
    hours, price = evidence.fact(f"v3_hours_{stage}"), evidence.fact("v3_price_per_hour")
    cost = hours * price / 1e6
    limit = (
        "; rent of the final run alone, without research, failed runs, staff or the cluster"
        if stage == "total"
        else ""
    )
    return Finding(
        (cost,),
        judged(claim, cost),
        f"{hours / 1e6:.3f} m GPU-hours x USD {price:g} = {cost:.3f} m{limit}",
    )


def cluster(claim: Claim, evidence: Evidence) -> Finding:
    """Read number and kind of GPUs from the published fact."""
    fact = evidence.facts["v3_cluster_gpus"]
    same = fact.value == claim.claimed[0] and claim.options["kind"] in fact.unit
    return Finding(
        (fact.value,),
        "holds" if same else "does not hold",
        f"published: {fact.value:,.0f} {fact.unit}; the two articles disagree on the kind",
        shown=f"{fact.value:,.0f} {fact.unit}",
    )


def training_days(claim: Claim, evidence: Evidence) -> Finding:
    """GPU-hours over the number of GPUs and 24 hours, days."""
    gpus = evidence.fact("v3_cluster_gpus")
    whole, base = (
        evidence.fact(f"v3_hours_{stage}") / gpus / HOURS_A_DAY
        for stage in ("total", "pretraining")
    )
    return Finding(
        (whole,),
        judged(claim, whole),
        f"all stages {whole:.1f} days, base training alone {base:.1f}, if all "
        f"{gpus:,.0f} GPUs ran without a break",
    )


def active_parameters(claim: Claim, evidence: Evidence) -> Finding:
    """Active parameters, bn, and their share of all."""
    active, total = evidence.fact("v3_params_active"), evidence.fact("v3_params_total")
    return Finding(
        (active,),
        judged(claim, active),
        f"{active:g} of {total:g} billion as published, {100 * active / total:.1f} %",
    )


def capital_efficiency(claim: Claim, evidence: Evidence) -> Finding:
    """Ratio of the rivals' stated costs to the stated training cost."""
    cost = evidence.fact("v3_hours_total") * evidence.fact("v3_price_per_hour") / 1e6
    low, high = (rival / cost for rival in claim.options["rivals"])
    return Finding(
        (low, high),
        judged(claim, low, high),
        f"USD {claim.options['rivals'][0]:g} to {claim.options['rivals'][1]:g} m over "
        f"{cost:.3f} m is {low:.0f}x to {high:.0f}x, and it sets whole budgets against the rent of "
        "one run",
        shown=f"{low:.0f} to {high:.0f}",
    )


def cache_numbers(compressed: float, position: float) -> float:
    """
    Numbers that multi-head latent attention caches per token and layer.

    Examples
    --------
    >>> cache_numbers(512, 64)
    576
    """
    return compressed + position


def cache_reduction(claim: Claim, evidence: Evidence) -> Finding:
    """Cache of grouped-query attention over that of multi-head latent attention, per token."""
    latent = cache_numbers(evidence.fact("mla_d_c"), evidence.fact("mla_d_h_R"))
    a_head = KEYS_AND_VALUES * evidence.fact("mla_d_h")
    groups, heads = claim.options["groups"], evidence.fact("mla_n_h")
    ratio, full = groups * a_head / latent, heads * a_head / latent
    return Finding(
        (ratio,),
        judged(claim, ratio),
        f"latent {latent:.0f} numbers a token and layer; {groups} groups {groups * a_head:.0f} "
        f"({ratio:.1f}x), full multi-head {heads * a_head:.0f} ({full:.1f}x); "
        f"{claim.claimed[0]:g}x would take {claim.claimed[0] * latent / a_head:.0f} groups; FLOPs "
        "are not computed",
    )


def cache_per_token(claim: Claim, evidence: Evidence) -> Finding:
    """Cache of a token over all layers, KB of 1,000 bytes."""
    latent = cache_numbers(evidence.fact("mla_d_c"), evidence.fact("mla_d_h_R"))
    layers = evidence.fact("v3_layers")
    kilobytes = latent * layers * BYTES_A_NUMBER / 1e3
    return Finding(
        (kilobytes,),
        judged(claim, kilobytes),
        f"{latent:.0f} numbers x {layers:.0f} layers x {BYTES_A_NUMBER} bytes",
    )


def release_date(claim: Claim, evidence: Evidence) -> Finding:
    """Month of a release in the chronology against the claimed month."""
    date = evidence.dates[claim.options["entry"]]
    other = evidence.dates[claim.options["other"]]
    return Finding(
        (),
        "holds" if f"{date:%Y-%m}" == claim.options["month"] else "does not hold",
        f"V3 came on {date}; what came in January was R1, on {other}",
        shown=str(date),
    )


def cannot_be_tested(claim: Claim, _evidence: Evidence) -> Finding:
    """Say why daily returns and published primitives cannot decide."""
    return Finding((), "cannot be tested here", claim.options["reasoning"])


FORMULAS: Mapping[str, Formula] = {
    formula.__name__: formula
    for formula in (
        one_day_loss,
        record_loss,
        previous_record_ratio,
        firms_beyond_chance,
        index_abnormal_return,
        training_cost,
        cluster,
        training_days,
        active_parameters,
        capital_efficiency,
        cache_reduction,
        cache_per_token,
        release_date,
        cannot_be_tested,
    )
}
"""Every formula by the name that claims.toml uses."""
