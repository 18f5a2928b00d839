"""Hold every claim of a ledger against the figures: a verdict and its reason each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from analysis.claims.expressions import MissingError, evaluate, fill_in
from analysis.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analysis.claims.expressions import Scope
    from analysis.claims.ledger import Claim, Ledger, Verdict


@dataclass(frozen=True, slots=True)
class ClaimCheck:
    """
    What the figures say to a claim.

    Attributes
    ----------
    computed : tuple of float
        In the claim's unit; empty where nothing can be computed.
    verdict : Verdict
        By the claim's condition, or by its tolerances.
    reasoning : str
        One line.
    shown : str
        The computed figure where a bare number says too little; empty otherwise.
    error : float or None
        The largest distance of a computed figure from the claimed one, as a share of that; None
        where no figure is claimed, it is 0, or it is not derivable.
    """

    computed: tuple[float, ...]
    verdict: Verdict
    reasoning: str
    shown: str = ""
    error: float | None = None

    @property
    def said(self) -> str:
        """The verdict for a reader; a figure that differs slightly says by how much."""
        if self.verdict == "differs slightly" and self.error is not None:
            return f"differs by {100 * self.error:.1f} %"
        return self.verdict


@dataclass(frozen=True, slots=True)
class CheckedClaim:
    """A claim with what was found."""

    claim: Claim
    finding: ClaimCheck


def judged(claim: Claim, computed: Sequence[float]) -> Verdict:
    """
    Hold computed figures against the claimed ones by the claim's own tolerances.

    Examples
    --------
    >>> from analysis.claims.ledger import Claim
    >>> claim = Claim("x", "a loss", "paper", claimed=600, value="v", exact=0.5, rounding=50.0)
    >>> judged(claim, [592.7]), judged(claim, [540.0]), judged(claim, [600.2])
    ('holds within rounding', 'does not hold', 'holds')
    """
    off = max(abs(mine - theirs) for mine, theirs in zip(computed, claim.claimed, strict=True))
    if off <= claim.exact:
        return "holds"
    if off <= claim.rounding:
        return "holds within rounding"
    error = relative_error(claim, computed)
    return "differs slightly" if error and 100 * error <= claim.near else "does not hold"


def relative_error(claim: Claim, computed: Sequence[float]) -> float | None:
    """
    Compute how far figures lie from the claimed ones, as a share of these.

    Examples
    --------
    >>> from analysis.claims.ledger import Claim
    >>> claim = Claim("x", "a loss", "paper", claimed=600, value="v", exact=0.5, rounding=50.0)
    >>> round(relative_error(claim, [594.0]), 6)
    0.01
    """
    if len(computed) != len(claim.claimed) or not claim.claimed or 0 in claim.claimed:
        return None
    pairs = zip(computed, claim.claimed, strict=True)
    return max(abs(mine / theirs - 1) for mine, theirs in pairs)


def check_claims(ledger: Ledger, scope: Scope) -> tuple[CheckedClaim, ...]:
    """
    Hold every claim of a ledger against the evidence.

    Parameters
    ----------
    ledger : Ledger
    scope : Scope
        As `analysis.claims.evidence.gather` gives it.

    Returns
    -------
    tuple of CheckedClaim
        A claim whose figures are not at hand for this study cannot be tested, and says why.

    Raises
    ------
    DataError
        If an expression is none, or names what there is not; the message names file and claim.
    """
    checked = []
    for claim in ledger.file.claims:
        try:
            checked.append(CheckedClaim(claim, find(claim, scope)))
        except DataError as error:
            raise DataError(f"{ledger.where}: claim '{claim.id}': {error}") from error
    return tuple(checked)


def find(claim: Claim, scope: Scope) -> ClaimCheck:
    """
    Hold one claim against the evidence.

    Raises
    ------
    DataError
        If an expression of the claim is none, or names what there is not.
    """
    if claim.untestable:
        return ClaimCheck((), "cannot be tested here", claim.untestable)
    try:
        own = scope.within({"claimed": list(claim.claimed), **(claim.names or {})})
        computed = tuple(_figure(text, own) for text in claim.value)
        verdict: Verdict
        if not (claim.holds or claim.value):
            verdict = "not derivable"
        elif claim.holds:
            held = evaluate(claim.holds, own)
            if not isinstance(held, bool):
                raise DataError(f"'{claim.holds}' is {held!r}, neither true nor false")
            verdict = "holds" if held else "does not hold"
        else:
            verdict = judged(claim, computed)
        if claim.own_inputs and verdict in {"holds", "holds within rounding"}:
            verdict = "consistent"
        if claim.underivable:
            verdict = "not derivable"
        return ClaimCheck(
            computed,
            verdict,
            "; ".join(filter(None, [fill_in(claim.reasoning, own), claim.underivable])),
            fill_in(claim.shown, own),
            None if claim.underivable else relative_error(claim, computed),
        )
    except MissingError as error:
        return ClaimCheck((), "cannot be tested here", str(error))


def _figure(text: str, scope: Scope) -> float:
    value = evaluate(text, scope)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise DataError(f"'{text}' is no number")
    return float(value)
