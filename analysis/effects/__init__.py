"""The headline's setting."""
