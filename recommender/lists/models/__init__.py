"""The list models, each a module with its formulas."""
