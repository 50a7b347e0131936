"""Candidates in, verdicts out: measured, scored, decided, alone or in batches."""
