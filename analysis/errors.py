"""
The program's errors and warnings.

Every error that a user can cause or mend derives from `MarketImpactError`. Its message says what is
wrong, where, and what to do about it; the command line prints it and exits with 2. Anything else
that escapes is a defect of the program.
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class MarketImpactError(Exception):
    """What is wrong, where, and the mend, in one message for the user."""


class StudyError(MarketImpactError):
    """A study file, or an option that overrides it, asks for something that cannot be."""


class WindowError(MarketImpactError):
    """An estimation or event window is malformed, too short, or lies outside the data."""


class SessionError(MarketImpactError):
    """A date or an exchange is unknown to the trading calendar."""


class DataError(MarketImpactError):
    """A frame of figures breaks its contract, or a figure that is needed is missing."""


class IntegrityError(DataError):
    """A bundled file is not the one that its manifest names."""


class SourceError(MarketImpactError):
    """A source of prices could not be read."""


class StoreError(MarketImpactError):
    """The price store cannot be opened, read or written."""


class OutputError(MarketImpactError):
    """A result cannot be written where it was asked for."""


class MarketImpactWarning(UserWarning):
    """Root of the program's warnings."""


class ReliabilityWarning(MarketImpactWarning):
    """A number was computed although an assumption behind it is visibly strained."""


def nearest(name: str, known: Iterable[str], *, most: int = 12) -> str:
    """
    Say which known name was probably meant, or list those there are.

    Parameters
    ----------
    name : str
        The name that was not found.
    known : iterable of str
        The valid names.
    most : int
        How many names to list at the most.

    Returns
    -------
    str
        ``"did you mean 'x'?"`` where one is close, else ``"known: a, b, ..."``.

    Examples
    --------
    >>> nearest("modles", ["models", "events"])
    "did you mean 'models'?"
    >>> nearest("zzz", ["models", "events"])
    'known: events, models'
    """
    names = sorted(set(known))
    lowered = {candidate.lower(): candidate for candidate in names}
    close = difflib.get_close_matches(name.lower(), list(lowered), n=1, cutoff=0.6)
    if close:
        return f"did you mean '{lowered[close[0]]}'?"
    if not names:
        return "none is known"
    more = f", ... ({len(names)} in all)" if len(names) > most else ""
    return "known: " + ", ".join(names[:most]) + more


def printable(text: str, most: int = 300) -> str:
    r"""
    Make a stranger's text fit for one line of a terminal or a log.

    Parameters
    ----------
    text : str
        From a vendor, a file, the operating system.
    most : int
        Characters to keep; more are cut off with an ellipsis.

    Returns
    -------
    str
        Runs of blanks and line ends as one blank; what is not printable (control characters, the
        escapes that colour or rewrite a terminal, marks that turn the direction of writing) as
        its code.

    Examples
    --------
    >>> printable("gone\x1b[31m for\n good")
    'gone\\x1b[31m for good'
    """
    short = text[: 4 * most]
    line = " ".join(short.split())
    shown = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in line)
    return shown if len(shown) <= most and len(short) == len(text) else shown[: most - 1] + "…"
