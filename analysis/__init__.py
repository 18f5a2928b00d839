"""Event studies that say how much of a stock's fall was abnormal, with its uncertainty, in USD."""
