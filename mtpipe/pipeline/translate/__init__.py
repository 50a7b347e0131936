"""Articles and lines in, their translations out."""
