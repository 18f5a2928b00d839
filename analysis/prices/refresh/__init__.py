"""Bring the price store up to date: plan, read, judge, store."""
