"""The assignment's "More challenge": other models for filling the ratings, and an honest comparison of all."""
