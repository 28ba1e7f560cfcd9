"""``python -m runner.sandbox`` is the server's process; ``runner sandbox`` is the command for people."""

import os
import sys

# First of all: ministack writes a key when it is imported.
os.umask(0o077)

from runner.sandbox.server import main  # noqa: E402  # said above

sys.exit(main(sys.argv[1:]))
