"""Sentence encoders: text to unit vectors that put translations close together."""
