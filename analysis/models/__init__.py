"""Expected-return models: fitted on the estimation window, they predict an event window."""
