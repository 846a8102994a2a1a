"""Trains the aerial detector: see README.md."""
