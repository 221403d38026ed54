"""Tests of the marker of sentences, and of how they are collected and translated."""
