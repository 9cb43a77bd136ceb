"""The commands that most people need; those for stores are in scale."""
