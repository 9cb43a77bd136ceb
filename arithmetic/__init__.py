"""How the formulas of the tabs are computed: what kmeans.py, naive_em.py and em.py share, and a reader may skip.

The three modules say what is computed, each in the words of its tab. Here is what makes it quick, exact and safe:

    arguments   what the functions refuse, in words
    complete    points prepared once a run: moved to their centre, squared, parted into blocks
    gaps        the same for ratings with gaps
    bayes       from log p(component) p(point | component) to soft counts, by the log-sum-exp trick
"""
