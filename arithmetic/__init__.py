"""The arithmetic that kmeans.py, naive_em.py and em.py share. You can read these modules without it.

They say what is computed, each in the words of its tab. This room makes it quick, exact and safe:

    arguments   checks of arguments
    complete    points prepared once a run: moved to their centre, squared, in blocks
    gaps        the same for ratings with gaps
    bayes       soft counts from log p(component) p(point | component), by the log-sum-exp trick
    digits      finds the expanded squares that have lost digits
"""
