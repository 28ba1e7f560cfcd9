"""Everything that can say no, pure: identity, proof, verdict, limits, gate, confirmation."""
