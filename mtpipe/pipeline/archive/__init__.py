"""Articles into an archive, and the originals of candidates out of it."""
