"""What the campaign tries, and what must come of it."""
