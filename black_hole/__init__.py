"""The black hole: a prior on patches, learned by EM, and the pictures found in what seven telescopes measure."""
