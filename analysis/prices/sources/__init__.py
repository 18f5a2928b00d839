"""Where prices are read from: Yahoo Finance, vendors' files, Kenneth French's library."""
