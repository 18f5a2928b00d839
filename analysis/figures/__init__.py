"""Figures: results in, matplotlib figures out. They read results and compute nothing."""
