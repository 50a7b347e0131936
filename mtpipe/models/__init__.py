"""Models on disk: cards that describe them, the hub client that fetches them, conversion."""
