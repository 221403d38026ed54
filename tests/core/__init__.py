"""Tests of the core. Expected values come from RFC 9293 and hand arithmetic only."""
