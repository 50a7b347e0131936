"""The archive of originals: a table of articles with their sentence vectors, and its search."""
