"""Passes by the workers of a Dask cluster: processes of this machine, or of any that the scheduler knows.

A worker reads the chunks that it is given from the store, which every machine finds at the same path, and keeps them;
no rating goes over the network. What a worker that dies had begun, another one does again: its sums are the same.
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
from recommender.scale.passes import Shelf

PATIENCE = 30  # s for a scheduler to answer
DEATHS = 10  # of workers that had begun a chunk, after which it is given up


class Cluster:
    """The chunks of a store, worked on by the workers of a Dask client."""

    def __init__(self, client, store, kernel, memory, hide=0.0):
        """memory: bytes that the ratings may take in each worker."""
        self.store, self.kernel, self.hide, self._client = store, kernel, hide, client
        self._of_shelf = store.path.resolve(), store.identity, kernel, memory, hide

    @property
    def workers(self):
        return len(self._client.nthreads())

    def each(self, function, *given):
        """Yield function(shelf, chunk, *given) of all chunks, in their order.

        Raises:
            InputError: the scheduler is gone, workers died of a chunk again and again, or a worker found no such store.
        """
        try:
            given = self._client.submit(pickle.loads, pickle.dumps(given), pure=False)
            futures = [self._submit(function, chunk, given) for chunk in range(len(self.store.chunks))]
            for chunk in range(len(futures)):
                yield futures[chunk].result()
                futures[chunk] = None  # the workers need not keep it
        except KilledWorker:
            raise InputError("several workers have died of the same chunk; expected more memory for each, or less to be"
                             " kept (--memory)") from None
        except (CancelledError, OSError):
            raise InputError("Dask's scheduler is lost; a run with --checkpoint can be gone on with") from None

    def _submit(self, function, chunk, given):
        """Ask for function(shelf, chunk, *given), if possible of the worker that did the same chunk before."""
        workers = sorted(self._client.nthreads())
        preferred = workers[chunk * len(workers) // len(self.store.chunks)] if workers else None
        return self._client.submit(_on_worker, self._of_shelf, function, chunk, given, pure=False, workers=preferred,
                                   allow_other_workers=bool(workers))

    def peak_bytes(self):
        """Return the memory that the worker that needs most of it has needed."""
        return max(self._client.run(resident_peak).values(), default=0)


def _on_worker(of_shelf, function, chunk, given):
    return function(_shelf(*of_shelf), chunk, *given)


@lru_cache(1)
def _shelf(*given):
    """Return a worker's Shelf: the same one for all of its chunks."""
    return Shelf(*given)


@contextmanager
def client(workers=None, address=None):
    """A context with the client of so many new processes on this machine, or of the scheduler at an address.

    Raises InputError where no scheduler answers there.
    """
    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # what is lost is said in our own line
    with ExitStack() as stack, dask.config.set({"distributed.admin.large-graph-warning-threshold": "1GB"}):
        if address is None:
            address = stack.enter_context(_processes(workers))
        try:
            client = stack.enter_context(Client(address, timeout=PATIENCE))
        except (OSError, ValueError):
            raise InputError(f"no scheduler of Dask answers at {address}; expected one as tcp://host:8786") from None
        yield client


@contextmanager
def _processes(workers):
    """A context with a cluster of so many workers, each a process with one thread.

    Dask would have them give freed memory back to the system at once (MALLOC_TRIM_THRESHOLD_): each array of a block is
    then taken from it anew, page by page, which made an iteration take 1.3 to 1.4 times as long. The setting would stay
    for processes that this one starts later, too.
    """
    settings = {"distributed.scheduler.allowed-failures": DEATHS, "distributed.worker.profile.enabled": False,
                "distributed.nanny.pre-spawn-environ": dict.fromkeys(BLAS_THREADS, 1)}
    with TemporaryDirectory() as folder, dask.config.set({**settings, "temporary-directory": folder}), \
            LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=":0", local_directory=folder,
                         silence_logs=logging.CRITICAL, preload=[__name__]) as cluster:
        yield cluster


def dask_setup(worker):
    """Let Ctrl-C, which the terminal sends to all processes, be the program's business: it ends its workers."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
