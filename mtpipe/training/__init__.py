"""Training of Marian models: corpora, vocabulary, batches, objective, loop.

Needs the ``torch`` extra. Knows nothing of engines: what evaluates a checkpoint is handed in by
the pipeline.
"""
