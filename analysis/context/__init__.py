"""What surrounds a headline: other firms, other dates, the index, volatility, recovery, history."""
