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

    def __call__(self, *texts):
        """Show texts side by side; on a terminal, the longest are cut until all fit."""
        said = [escaped(f"{self.name}: {text}" if self.name else text) for text in texts]
        if self.live:
            width = os.get_terminal_size(self.stream.fileno()).columns or 80
            print("\r\033[K" + beside(said, width - 1), end="", file=self.stream, flush=True)
        elif self.stream and time.monotonic() - self.last > self.every:
            self.last = time.monotonic()
            print("  " + " | ".join(said), file=self.stream, flush=True)

    def clear(self):
        """Remove the line."""
        if self.live:
            print("\r\033[K", end="", file=self.stream, flush=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.clear()


def beside(texts, width):
    """Return texts with bars between them in `width` characters: the longest are cut first."""
    room = width - 3 * (len(texts) - 1)
    most = next((most for most in range(width, 0, -1) if sum(min(len(text), most) for text in texts) <= room), 0)
    return " | ".join(text[:most] for text in texts)[:width]


class Pace:
    """How long the rest of some work takes, judged by the steps that were made."""

    ENOUGH = 10.0  # seconds after which it is known well enough

    def __init__(self):
        self.first = self.last = None

    def left(self, steps):
        """Take into account that `steps` are left, and return the seconds that they will take; None: not yet known.

        If the number has not fallen by 1, other work has begun, and is measured from here.
        """
        now = time.monotonic()
        if self.last is None or steps != self.last - 1:
            self.first = now, steps
        self.last = steps
        took, made = now - self.first[0], self.first[1] - steps
        return steps * took / made if took >= self.ENOUGH else None


def about(seconds):
    """Return an estimate as text: about 40 s, about 3 min, about 2.5 h."""
    if seconds < 95:
        return f"about {max(10 * round(seconds / 10), 10)} s"
    return f"about {seconds / 60:.0f} min" if seconds < 5700 else f"about {seconds / 3600:.1f} h"
