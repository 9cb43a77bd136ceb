"""A hundred million ratings and more: the course's EM, and least squares, on a store of ratings on disk.

    store       the folder in which the ratings lie, block by block, checked by sums
    converting  a file of ratings, however large, into a store
    kernels     the two sums of an iteration over one block: Numba, SciPy, dense
    passes      what is computed of one chunk of the store, in whatever process
    local       passes over all chunks, by the threads of this process
    cluster     the same on Dask's workers, here or on other machines
    mixtures    EM: em.run's semantics on passes
    factors     alternating least squares on passes
    checkpoint  what an interrupted run goes on from

Each chunk has its own sums, and these are added in the chunks' order: the result has the same bits whatever number of
threads, workers or machines has taken part.
"""
