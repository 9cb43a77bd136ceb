"""The assignment's black hole: a prior on patches that EM learns, and pictures from what seven telescopes measure.

docs/going_on.md says what each file holds.
"""
