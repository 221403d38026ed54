"""Decks and pages without a browser: their bytes, and what is said about bad input."""
