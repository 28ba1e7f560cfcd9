"""``python -m runner.sandbox`` is the server's process; ``runner sandbox`` is the command for people."""

import sys

from runner.sandbox.server import main

sys.exit(main(sys.argv[1:]))
