"""User sessions kept between runs, when the operator asked for that.

- Only the session of ``sts:GetSessionToken`` is kept. Role credentials never are, and nothing is written to ``~/.aws``.
- A session is kept in the OS keyring, or in a file of a private directory; nowhere else.
- What is read back is believed only when everything about it holds (`entry`). It is never trusted: the live proof runs
  under a kept session as under a new one.
- One process at a time asks for a code; who waited finds the session that the other one kept.
- Keeping is a convenience. A place that cannot be used or trusted is named once, and the run goes on with the session
  in memory.
"""
