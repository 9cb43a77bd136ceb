"""Reading and converting ratings from CSV, beside counting the lines and numpy.loadtxt.

    python -m benchmarks.reading

Writes invented ratings, in the shape of MovieLens 20M, into a temporary folder, with IDs of numbers and of text. All
ways are run in turn,
ours in a process of its own whose memory is told; numpy.loadtxt reads the first lines only, and what it would take for
all of them is reckoned from that.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.processes import in_process
from benchmarks.timing import Table, in_turn, ratios
from console import InputError, Parser, run_program, whole_number
from console.memory import resident_peak
from recommender.formats import chunks, read
from recommender.scale.convert import convert

RATINGS = 20_000_000
_SHAPE = 138_493, 131_262  # users and the largest ID of a movie in MovieLens 20M
TEXT = "A%012XQ,B%09XQ"  # IDs as Amazon has them
_PART = 2**18  # lines that are made at a time
WC, LOADTXT = "`wc -l`", "`numpy.loadtxt`"
_TICK = 0.01  # seconds in which the system counts those of CPU
_SHARE = 20  # numpy.loadtxt reads one line in so many


def write_ratings(path, count, seed=0, ids="%d,%d"):
    """Write a CSV file of `count` invented ratings, sorted by user as MovieLens has them, half stars from 0.5 to 5.

    `ids` is the format of the IDs of user and movie.
    """
    random, each = np.random.RandomState(seed), max(count / _SHAPE[0], 1)
    with open(path, "w", encoding="ascii") as file:
        file.write("userId,movieId,rating,timestamp\n")
        for begin in range(0, count, _PART):
            lines = np.arange(begin, min(begin + _PART, count))
            columns = (1 + lines / each, random.randint(1, _SHAPE[1] + 1, len(lines)),
                       random.randint(1, 11, len(lines)), random.randint(789_652_009, 1_427_784_002, len(lines)))
            rows = zip(*(column.astype(int).tolist() for column in columns), strict=True)
            file.write("".join(f"{ids % (user, movie)},{stars / 2},{time}\n" for user, movie, stars, time in rows))


def whole(path):
    """Read the file as a Table."""
    read(path)


def pieces(path):
    """Read the file chunk by chunk, and keep nothing."""
    for _ in chunks(path):
        pass


def converted(path):
    """Convert the file to a store."""
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        convert(chunks(path), Path(folder) / "store")


def timed(function, *given):
    """Return the seconds that function(*given) takes, those of CPU, and the peak of this process' memory in MB."""
    start, busy = time.perf_counter(), sum(os.times()[:4])  # with those of processes waited for
    function(*given)
    return time.perf_counter() - start, max(sum(os.times()[:4]) - busy, _TICK), resident_peak() / 1e6


def count_lines(path):
    try:
        subprocess.run(["wc", "-l", path], check=True, stdout=subprocess.DEVNULL)
    except FileNotFoundError:
        raise InputError("there is no wc here to compare with") from None


def load_part(path, count):
    np.loadtxt(path, delimiter=",", skiprows=1, max_rows=count)


def compare(path, text, count, repeat):
    """Return for each way to read a file its name, and as often as measured its seconds, CPU seconds and MB."""
    part = max(count // _SHARE, 1)
    ways = {WC: lambda: timed(count_lines, path),
            "`formats.chunks`": lambda: in_process(1, timed, pieces, path),
            "`formats.read`": lambda: in_process(1, timed, whole, path),
            "`convert`": lambda: in_process(1, timed, converted, path),
            "`formats.read`, text": lambda: in_process(1, timed, whole, text),
            LOADTXT: lambda: np.array(timed(load_part, path, part)[:2]) * count / part}
    return dict(zip(ways, in_turn(ways.values(), repeat, lambda way: way()), strict=True))


def main(argv=None):
    parser = Parser(description=__doc__.split("\n")[0])
    parser.add_argument("--ratings", type=whole_number(1, 10**9), default=RATINGS, metavar="N",
                        help="lines of the file (default: 20000000, which are 540 MB)")
    parser.add_argument("--repeat", type=whole_number(1, 1000), default=1, metavar="N",
                        help="times each is measured, after once that is not counted (default: 1)")
    args = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ratings.csv"
        text = Path(folder) / "text.csv"
        write_ratings(path, args.ratings)
        write_ratings(text, args.ratings, ids=TEXT)
        print(f"{args.ratings:,} ratings, {path.stat().st_size / 1e6:.0f} MB; medians of {args.repeat}\n")
        found = compare(path, text, args.ratings, args.repeat)
    busy = {name: [each[1] for each in measured] for name, measured in found.items()}
    rows = Table("", "seconds", "CPU s", f"x {WC}", f"x {LOADTXT}", "MB at the peak", first=22)
    for name, measured in found.items():
        peak = max(filter(None, (each[2] for each in measured)), default="") if name not in (WC, LOADTXT) else ""
        rows.row(name, statistics.median(each[0] for each in measured), statistics.median(busy[name]),
                 ratios(busy[name], busy[WC]).median, ratios(busy[name], busy[LOADTXT]).median, peak)
    print(f"\nRatios are of CPU seconds. numpy.loadtxt has read one line of {_SHARE}, and its seconds are multiplied.")
    return 0


if __name__ == "__main__":
    sys.exit(run_program(main))
