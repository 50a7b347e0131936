"""What is measured and decided about a candidate; articles, alignments and translations come in as values."""
