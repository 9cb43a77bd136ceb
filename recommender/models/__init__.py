"""The models, a module each, its formulas and sources at the top."""
