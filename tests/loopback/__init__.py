"""A vendor on the loopback interface: it answers what the real clients ask."""
