"""The models, a family a module: each has ``MODELS``, and a module that is added is listed too."""
