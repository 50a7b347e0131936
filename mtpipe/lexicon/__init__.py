"""What words of one language mean in another: pairs of words, and how they follow each other."""
