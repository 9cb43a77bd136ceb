"""Numbers for IDs that come chunk by chunk, in memory that grows with the number of different ones only."""

import numpy as np


class Numbering:
    """Numbers IDs as they come, array by array; at the end it is known where each stands among the sorted.

    For what does not fit into memory: a first pass over chunks() turns IDs into codes and writes these, and when all
    have come `rising` gives the IDs, and the final number of each code.
    """

    def __init__(self):
        self._ids, self._codes = np.empty(0, np.int64), np.empty(0, np.int32)  # rising IDs, and the code of each

    def __len__(self):
        return len(self._ids)

    def codes(self, ids):
        """Return the codes (m,) int32 of IDs (m,), as Chunk has them, counted from 0; new ones get the next, rising."""
        if ids.dtype.kind != self._ids.dtype.kind:  # numbers until now, or now: then they are names, too
            ids = ids.astype(str)
            self._name()
        different, which = np.unique(ids, return_inverse=True)
        place = np.searchsorted(self._ids, different)
        new = place == np.searchsorted(self._ids, different, side="right")
        if new.any():
            self._insert(different[new])
            place = np.searchsorted(self._ids, different)
        return self._codes[place][which]

    def _name(self):
        if self._ids.dtype.kind != "U":
            ids = self._ids.astype(str)
            order = np.argsort(ids)
            self._ids, self._codes = ids[order], self._codes[order]

    def _insert(self, ids):
        codes = np.arange(len(self._ids), len(self._ids) + len(ids), dtype=np.int32)
        ids, codes = np.concatenate([self._ids, ids]), np.concatenate([self._codes, codes])
        order = np.argsort(ids, kind="stable")  # quick, as these are two rising runs
        self._ids, self._codes = ids[order], codes[order]

    def rising(self):
        """Return the different IDs (n,), rising, int64 or str as in Table, and (n,) where among them each code is."""
        place = np.empty(len(self), dtype=np.int32)
        place[self._codes] = np.arange(len(self), dtype=np.int32)
        return self._ids, place
