"""Tests of the notebooks, and of the tool that executes them."""
