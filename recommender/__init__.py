"""Ratings from any file, models of them, and what they recommend."""
