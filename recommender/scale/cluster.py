"""Passes by the workers of a Dask cluster, which are processes of this machine or of others.

A worker reads its chunks from the store, which every machine finds at the same path, and keeps them. No rating goes
over the network. If a worker dies, another one repeats its work and finds the same sums.
"""

import logging
import pickle
import signal
from concurrent.futures import CancelledError
from contextlib import ExitStack, contextmanager
from functools import lru_cache
from tempfile import TemporaryDirectory

import dask
from dask.distributed import Client, LocalCluster
from distributed.scheduler import KilledWorker

from console import InputError
from console.cores import BLAS_THREADS
from console.memory import resident_peak
from recommender.scale.passes import Local
from recommender.scale.store import open_store

PATIENCE = 30  # s for a scheduler to answer
SETTINGS = {
    "distributed.admin.large-graph-warning-threshold": "1GB",
    "distributed.scheduler.allowed-failures": 10,  # workers that die at the same chunk, before the program gives up
    "distributed.worker.profile.enabled": False,
    # Dask's own environment returns freed memory to the system at once: an iteration takes 1.3 to 1.4 times as long.
    "distributed.nanny.pre-spawn-environ": dict.fromkeys(BLAS_THREADS, 1)}


class Cluster:
    """Used like a Local; the workers of a Dask client make the passes."""

    def __init__(self, client, store, kernel, memory, share=0.0):
        """memory: bytes that the ratings may take in each worker."""
        self.store, self.kernel_name, self.share, self._client = store, kernel, share, client
        self._local = store.path.resolve(), store.identity, kernel, memory, share

    @property
    def workers(self):
        return len(self._client.nthreads())

    def each(self, function, *arguments):
        """Yield function(local, chunk, *arguments) of all chunks, in their order.

        Raises:
            InputError: the scheduler is lost, the same chunk has killed several workers, or a worker has another store.
        """
        try:
            # A worker unpickles them. If it dies, another one does it again; what was scattered would be lost.
            arguments = self._client.submit(pickle.loads, pickle.dumps(arguments), pure=False)
            futures = [self._submit(function, chunk, arguments) for chunk in range(len(self.store.chunks))]
            for chunk in range(len(futures)):
                yield futures[chunk].result()
                futures[chunk] = None  # the workers need not keep it
        except KilledWorker:
            raise InputError("several workers have died at the same chunk; expected more memory for each worker, or a"
                             " smaller --memory") from None
        except (CancelledError, OSError):
            raise InputError("Dask's scheduler is lost; a run with --checkpoint can be continued") from None

    def _submit(self, function, chunk, arguments):
        """Submit the work on a chunk, if possible to the worker that has it in memory."""
        workers = sorted(self._client.nthreads())
        preferred = workers[chunk * len(workers) // len(self.store.chunks)] if workers else None
        return self._client.submit(_on_worker, self._local, function, chunk, arguments, pure=False, workers=preferred,
                                   allow_other_workers=bool(workers))

    def peak_bytes(self):
        """Return the most memory that any worker has had."""
        return max(self._client.run(resident_peak).values(), default=0)


def _on_worker(of_local, function, chunk, arguments):
    return function(_local(*of_local), chunk, *arguments)


@lru_cache(1)
def _local(path, identity, *options):
    """Return the Local of a worker, the same one for all of its chunks; raise InputError if it finds another store."""
    store = open_store(path)
    if store.identity != identity:
        raise InputError(f"{path} is not the store that the run began with; expected a copy of it on every machine")
    return Local(store, *options)


@contextmanager
def client(workers=None, address=None):
    """Yield the client of new processes on this machine, or of a scheduler; raise InputError if none answers."""
    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # our own line reports a loss
    with dask.config.set(SETTINGS), ExitStack() as stack:
        if address is None:
            folder = stack.enter_context(TemporaryDirectory())
            stack.enter_context(dask.config.set({"temporary-directory": folder}))
            address = stack.enter_context(LocalCluster(
                n_workers=workers, threads_per_worker=1, dashboard_address=":0", local_directory=folder,
                silence_logs=logging.CRITICAL, preload=[__name__]))
        try:
            client = stack.enter_context(Client(address, timeout=PATIENCE))
        except (OSError, ValueError):
            raise InputError(f"no scheduler of Dask answers at {address}; expected one as tcp://host:8786") from None
        yield client


def dask_setup(worker):
    """Ignore Ctrl-C in a worker: the terminal sends it to all processes, and the program ends its workers."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
