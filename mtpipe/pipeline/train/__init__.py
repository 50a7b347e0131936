"""Recipes in, models out, with what goes beside a model."""
