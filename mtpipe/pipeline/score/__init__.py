"""Hypotheses and references in, scores and tests of their differences out."""
