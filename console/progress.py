"""One line on the terminal for a person who waits."""

import os
import sys
import time

from console.text import escaped


class Progress:
    """One line on stderr that is overwritten; if stderr is no terminal, a new line every so many seconds.

    Prints nothing if the caller has closed stderr.
    """

    def __init__(self, name="", every=20.0):
        self.name, self.every, self.stream = name, every, sys.stderr
        self.live = self.stream is not None and self.stream.isatty()
        self.last = time.monotonic()

    def __call__(self, text):
        said = escaped(f"{self.name}: {text}" if self.name else text)
        if self.live:
            width = os.get_terminal_size(self.stream.fileno()).columns or 80
            print("\r\033[K" + said[:width - 1], end="", file=self.stream, flush=True)
        elif self.stream and time.monotonic() - self.last > self.every:
            self.last = time.monotonic()
            print(f"  {said}", file=self.stream, flush=True)

    def clear(self):
        """Remove the line."""
        if self.live:
            print("\r\033[K", end="", file=self.stream, flush=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.clear()
