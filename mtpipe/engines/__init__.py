"""Engines: the software that runs Marian models, behind one protocol, with tokens in and out."""
