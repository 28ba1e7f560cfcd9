"""One verb per module; receives ports, imports no adapter."""
