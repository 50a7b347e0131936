"""How good translations are: string metrics, their significance, and scores without a reference."""
