"""Benchmarks: which model, and what does it cost?

What is measured, where it is kept and how it is summed up, for the three jobs (translate, align,
detect) in one harness. Every configuration runs in processes of its own (``worker.py``,
``process.py``); what they put out is scored here (``quality.py``), timed in alternation
(``speed.py``), kept (``store.py``) and summed up (``summary.py``).
"""
