"""What articles and the press said, held against the figures."""
