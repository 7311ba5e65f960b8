"""apilint links a Python API the way its framework does, and says who may call what and what goes wrong inside."""

__version__ = "0.1.0"
