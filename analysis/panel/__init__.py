"""The linear models for a million firm-events at once: the engine alone."""

from analysis.panel.engine import PanelEstimates, estimate_panel
from analysis.panel.returns import PanelReturns

__all__ = ["PanelEstimates", "PanelReturns", "estimate_panel"]
