"""Captures: from a file to conversations of packets."""
