"""``runner doctor``: look at everything a run needs, one thing after the other, and say what is wrong with it.

Nothing is written to AWS: the calls are reads, simulations, and those that make sessions. ``examine`` looks, ``live``
settles on the user's own account what AWS does not document, ``chart`` keeps what was found.
"""
