"""Events in files, results in files: batches of firm-events, and scans of every security."""
