"""This machine's own TCP as a source of traces."""
