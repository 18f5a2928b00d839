"""Samples of firm-events: each pair measured by itself, then what they say on average."""
