"""The spreading work, once in every contender's own way."""
