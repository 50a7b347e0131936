"""Models of this machine: fetched, checked, listed, removed."""
