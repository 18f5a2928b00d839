"""Tests of abnormal returns: one firm, many firms, resampling. Arrays in, outcomes out."""
