"""Sources that move, filmed by a Gaussian hidden Markov model: python -m black_hole --movie.

    the model        ghmm: EM for it, to be read beside the course's em.py
    motions          warps: a table of kinds, and what they do to pictures and visibilities
    the film         film: the model in the space of the measurements; learn: which motion, and how fast;
                     layers: the prior on patches in the place of the Gaussian one
    the program      sources: what moves, and what is measured of it; movie: the table; figures: what it draws
"""
