"""The audit log: records and verification (pure), and the file."""
