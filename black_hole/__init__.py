"""The assignment's black hole: a prior on patches that EM learns, and pictures from what seven telescopes measure.

    python -m black_hole      __main__ runs one of four programs by its options; average is a program of its own
      comparison              simulated pictures, or your own, reconstructed by four methods
      m87                     the real black hole: four days, two bands, two priors (--m87)
      synthetic               invented sources measured as M87 is (--gains)
      moving/                 films of sources that move (--movie)
      figures, m87_figures    what they draw

    the prior                 training: pictures and patches to learn from; mixture: EM with full covariances
    simulated measurements    pictures: picture files, test pictures; observation: stations, coverage, y = F x + noise
    reconstruction            reconstruct: half quadratic splitting; fit: the quadratic problem in it;
                              handout: the assignment's own formulas; rivals: other methods; methods: all of them
    real measurements         eht: the release's files, averaged over scans; gains: the stations' unknown gains;
                              closures: what gains cannot change
    imaging with them         blind: splitting on closures; imaged: a picture and its row in the table
    how good it is            measure: errors, chi-squares, rings
"""
