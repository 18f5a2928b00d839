"""Every source that a command can be given: one module each, with a ``SOURCE``."""
