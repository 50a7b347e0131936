"""From a model's name to a system that translates, and the way between two languages."""
