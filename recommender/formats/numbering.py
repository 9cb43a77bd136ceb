"""Numbers for IDs that come chunk by chunk, in memory that grows with the different ones only."""

import numpy as np


class Numbering:
    """Gives IDs codes in the order in which they come, array by array.

    When all have come, `rising` gives the IDs and the final number of each code. So ratings larger than memory can be
    written with codes, and numbered later.
    """

    def __init__(self):
        self._ids, self._codes = np.empty(0, np.int64), np.empty(0, np.int32)  # rising IDs, and the code of each

    def __len__(self):
        return len(self._ids)

    def codes(self, ids):
        """Return the codes (m,) int32 of IDs (m,) as in a Chunk, counted from 0; new IDs get the next ones, rising."""
        if ids.dtype.kind != self._ids.dtype.kind:  # numbers until now, or now: they are names from now on
            ids = ids.astype(str)
            self._sort(self._ids.astype(str), self._codes)
        different, which = np.unique(ids, return_inverse=True)
        place = np.searchsorted(self._ids, different)
        new = different[place == np.searchsorted(self._ids, different, side="right")]
        if len(new):
            more = np.arange(len(self), len(self) + len(new), dtype=np.int32)
            self._sort(np.concatenate([self._ids, new]), np.concatenate([self._codes, more]))
            place = np.searchsorted(self._ids, different)
        return self._codes[place][which]

    def _sort(self, ids, codes):
        order = np.argsort(ids, kind="stable")  # quick, as these are two rising runs
        self._ids, self._codes = ids[order], codes[order]

    def rising(self):
        """Return the different IDs (n,), rising, int64 or str as in Table, and (n,) where among them each code is."""
        place = np.empty(len(self), dtype=np.int32)
        place[self._codes] = np.arange(len(self), dtype=np.int32)
        return self._ids, place
