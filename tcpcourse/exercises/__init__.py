"""Exercises: a fresh problem for each student, help at once, and marks that can be trusted."""
