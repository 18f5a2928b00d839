"""Figures of a study of many firm-events. They read its results and compute nothing."""
