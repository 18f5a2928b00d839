"""The linear models for a million firm-events at once: the engine alone."""

from analysis.panel.engine import estimate_panel, estimate_windows
from analysis.panel.estimates import LinearModel, PanelEstimates, WindowEstimates
from analysis.panel.returns import PanelReturns

__all__ = [
    "LinearModel",
    "PanelEstimates",
    "PanelReturns",
    "WindowEstimates",
    "estimate_panel",
    "estimate_windows",
]
