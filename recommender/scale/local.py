"""Passes by the threads of this process."""

from console.cores import cores, side_by_side
from console.memory import resident_peak
from recommender.scale.passes import Shelf


class Local:
    """The chunks of a store, worked on by as many threads as there are cores."""

    def __init__(self, store, kernel, memory, hide=0.0):
        self.store, self.kernel, self.hide, self.workers = store, kernel, hide, cores()
        self._shelf = Shelf(store.path, store.identity, kernel, memory, hide)

    def each(self, function, *given):
        """Yield function(shelf, chunk, *given) of all chunks, in their order."""
        return side_by_side(lambda chunk: function(self._shelf, chunk, *given), range(len(self.store.chunks)))

    def peak_bytes(self):
        """Return the most memory that any process at work has had."""
        return resident_peak()
