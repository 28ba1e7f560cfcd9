"""runner: a guarded destructive-operations runner for AWS."""

__version__ = "0.1.0"
