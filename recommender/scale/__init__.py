"""EM and alternating least squares for a hundred million ratings and more, which lie in a store on disk.

    convert     the program that writes a file of ratings as a store
    em, als     the programs that fit a model to a store; `options` is what they share
    store       the folder with the ratings: it is written, read and checked here
    kernels     the two sums of an iteration over one block, by SciPy; `compiled` has them for Numba
    passes      a function of every chunk of a store, in threads; `cluster` on Dask's workers
    mixtures    em.run by passes
    factors     alternating least squares by passes
    checkpoint  the file from which an interrupted run continues

The sums of the chunks are added in their order. So the bits of a result do not depend on how many threads, workers or
machines took part.
"""
