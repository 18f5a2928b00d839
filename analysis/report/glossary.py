"""Terms of the page in plain words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

TERMS: Mapping[str, str] = {
    "abnormal return": "What a share returned less what was to be expected of it that day.",
    "benchmark": "What stands for the market: an index, or a fund that follows one. One marked "
    "-ex leaves out the firm itself, so that it is not measured against itself.",
    "beyond chance": "So far out that ordinary days of the same firm hardly ever bring it: at "
    "95 %, one in twenty or fewer.",
    "cumulative": "Added up over the days of a window.",
    "estimation window": "Earlier trading days from which the model learns how the firm moves. "
    "-260..-11 are those from 260 to 11 before the news.",
    "event window": "The days over which an effect is measured, counted from the news: 0..0 is the "
    "day itself, -1..1 also the days before and after.",
    "expected return": "What the model says the share would have returned without the news.",
    "family-wise": "Judged with all firms, days or groups counted at once, since of many some look "
    "unusual by luck (methods of Romano and Wolf, and of Holm).",
    "interval": "Where the true value lies in 95 of 100 such cases (or as many as the study asks).",
    "market model": "Expects a firm to move with the market, by as much as it usually did.",
    "market value": "Shares times price, as printed at the close before the window.",
    "p": "How often chance alone would bring a value so extreme: 0.01 is once in a hundred.",
    "placebo date": "An earlier day without the news on which the whole measurement is repeated.",
    "session": "A day on which the exchange trades; session 0 is the first that could react.",
    "specification": "One full choice of model, benchmark, days and kind of return.",
}
