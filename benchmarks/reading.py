"""Reading and converting ratings from CSV, beside counting the lines and numpy.loadtxt.

    python -m benchmarks.reading

All ways read invented ratings, in the shape of MovieLens 20M, in turn, ours in a process of its own.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import deque
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.processes import in_process
from benchmarks.timing import Table, in_turn, parser, ratios
from console import run_program, whole_number
from console.memory import resident_peak
from recommender.formats import chunks, read
from recommender.scale.convert import convert

USERS, LARGEST_ID = 138_493, 131_262  # of MovieLens 20M
TEXT = "A%012XQ,B%09XQ"  # IDs of user and movie as text
PART = 2**18  # lines that are made at a time
WC, LOADTXT = "`wc -l`", "`numpy.loadtxt`"
TICK = 0.01  # seconds: the resolution of the system's CPU times
SHARE = 20  # numpy.loadtxt reads one line in so many


def write_ratings(path, count, seed=0, ids="%d,%d"):
    """Write a CSV file of `count` invented ratings, half stars from 0.5 to 5, sorted by user as in MovieLens."""
    random, each = np.random.RandomState(seed), max(count / USERS, 1)
    with open(path, "w", encoding="ascii") as file:
        file.write("userId,movieId,rating,timestamp\n")
        for begin in range(0, count, PART):
            lines = np.arange(begin, min(begin + PART, count))
            columns = (1 + lines / each, random.randint(1, LARGEST_ID + 1, len(lines)),
                       random.randint(1, 11, len(lines)), random.randint(789_652_009, 1_427_784_002, len(lines)))
            rows = zip(*(column.astype(int).tolist() for column in columns), strict=True)
            file.write("".join(f"{ids % (user, movie)},{stars / 2},{time}\n" for user, movie, stars, time in rows))


def read_chunks(path):
    deque(chunks(path), maxlen=0)  # keeps nothing


def converted(path):
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        convert(chunks(path), Path(folder) / "store")


def count_lines(path):
    subprocess.run(["wc", "-l", path], check=True, stdout=subprocess.DEVNULL)


def timed(function, *given):
    """Return the seconds of function(*given), its CPU seconds, and the peak memory of this process in MB."""
    start, busy = time.perf_counter(), sum(os.times()[:4])  # with those of child processes
    function(*given)
    return time.perf_counter() - start, max(sum(os.times()[:4]) - busy, TICK), resident_peak() / 1e6


def compare(path, text, count, repeat):
    """Return {way to read the file: [(seconds, CPU seconds, MB or "")]}."""
    part = partial(np.loadtxt, path, delimiter=",", skiprows=1, max_rows=max(count // SHARE, 1))
    ways = {WC: lambda: (*timed(count_lines, path)[:2], ""),
            "`formats.chunks`": lambda: in_process(1, timed, read_chunks, path),
            "`formats.read`": lambda: in_process(1, timed, read, path),
            "`convert`": lambda: in_process(1, timed, converted, path),
            "`formats.read`, text": lambda: in_process(1, timed, read, text),
            LOADTXT: lambda: (*np.multiply(timed(part)[:2], SHARE).tolist(), "")}
    return dict(zip(ways, in_turn(ways.values(), repeat, lambda way: way()), strict=True))


def main(argv=None):
    options = parser(__doc__, repeat=1)
    options.add_argument("--ratings", type=whole_number(1, 10**9), default=20_000_000, metavar="N",
                         help="lines of the file (default: 20000000, which are 540 MB)")
    args = options.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        path, text = Path(folder) / "ratings.csv", Path(folder) / "text.csv"
        write_ratings(path, args.ratings)
        write_ratings(text, args.ratings, ids=TEXT)
        print(f"{args.ratings:,} ratings, {path.stat().st_size / 1e6:.0f} MB; medians of {args.repeat}\n")
        found = compare(path, text, args.ratings, args.repeat)
    seconds, cpu, peak = ({name: [one[k] for one in each] for name, each in found.items()} for k in range(3))
    rows = Table("", "seconds", "CPU s", f"x {WC}", f"x {LOADTXT}", "MB at the peak", first=22)
    for name in found:
        rows.row(name, statistics.median(seconds[name]), statistics.median(cpu[name]),
                 ratios(cpu[name], cpu[WC]).median, ratios(cpu[name], cpu[LOADTXT]).median, max(peak[name]))
    print(f"\nRatios are of CPU seconds. numpy.loadtxt has read one line in {SHARE}; its seconds are multiplied.")
    return 0


if __name__ == "__main__":
    sys.exit(run_program(main))
