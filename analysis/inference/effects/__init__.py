"""Other effects than the return: volume, variance, long run, recovery, halves of the session."""
