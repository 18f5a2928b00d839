"""Plan, then run: a study and its data to results."""
