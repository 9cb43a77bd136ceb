"""What `evaluate` takes for all models on a million ratings: seconds, and the memory of all its processes.

    python -m benchmarks.million sparse           # 6,040 x 3,706, as in MovieLens 1M, made
    python -m benchmarks.million course           # 1,200 x 1,200, of which 77 % are rated: the course's file
"""

import json
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from scipy.sparse import csr_array

from benchmarks.timing import Table
from console import Parser, run_program
from recommender.sparse import pairs

SHAPE, MEDIAN, SPREAD, LEAST, MOST = (6040, 3706), 97, 1.05, 20, 2314  # ratings a user, as MovieLens 1M has them
RANK, NOISE = 10, 0.85


def ratings(n=SHAPE[0], d=SHAPE[1], seed=0):
    """Return made ratings 1-5, a csr_array (n, d): long-tailed users and movies, and factors of rank 10.

    A user's number of ratings is log-normal. Users rate popular movies, and movies that suit them, more often. A rating
    is the sum of effects and factors plus normal noise, rounded.
    """
    random = np.random.default_rng(seed)
    wanted = np.clip(random.lognormal(np.log(MEDIAN), SPREAD, n), LEAST, min(MOST, d / 2)).astype(int)
    P, Q = random.normal(0, RANK**-0.25, (n, RANK)), random.normal(0, RANK**-0.25, (d, RANK))
    b, c, popular = random.normal(0, 0.4, n), random.normal(0, 0.5, d), random.normal(0, 1.8, d)
    columns, x = [], []
    for u, count in enumerate(wanted):
        suits = 0.5 * Q @ P[u]
        keys = popular + suits + 0.5 * c + random.gumbel(size=d)  # the largest of such keys are a weighted draw
        rated = np.sort(np.argpartition(-keys, count)[:count])
        columns.append(rated)
        x.append(3.4 + b[u] + c[rated] + suits[rated] + random.normal(0, NOISE, count))
    places = np.concatenate(columns), np.concatenate([[0], np.cumsum(wanted)])
    return csr_array((np.clip(np.rint(np.concatenate(x)), 1, 5), *places), shape=(n, d))


def write(path, X):
    """Write ratings as a CSV file."""
    np.savetxt(path, np.column_stack(pairs(X)), "%d", ",", header="user,item,rating", comments="")


def memory(pid):
    """Return the memory of a process and its children in bytes; what several share is counted once (Linux)."""
    try:
        shared = Path(f"/proc/{pid}/smaps_rollup").read_text()
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:  # it has ended
        return 0
    pss = next((int(line.split()[1]) for line in shared.splitlines() if line.startswith("Pss:")), 0)
    return pss * 1024 + sum(map(memory, children))


def measured(*arguments):
    """Return wall seconds and peak memory in bytes of `evaluate` with these arguments."""
    start, most = time.monotonic(), 0
    command = [sys.executable, "-m", "recommender", "evaluate", *map(str, arguments)]
    with subprocess.Popen(command) as process:
        while process.poll() is None:
            most = max(most, memory(process.pid))
            time.sleep(0.5)
    if process.returncode:
        raise RuntimeError(f"evaluate ended with status {process.returncode}")
    return time.monotonic() - start, most


def main(argv=None):
    parser = Parser(description=__doc__.split("\n")[0])
    parser.add_argument("which", choices=["sparse", "course"])
    parser.add_argument("--only", nargs="+", metavar="NAME", help="only these models")
    args = parser.parse_args(argv)
    with TemporaryDirectory() as folder:
        table, source = Path(folder, "table.json"), args.which
        if args.which == "sparse":
            write(source := Path(folder, "ratings.csv"), ratings())
        wall, most = measured(source, "--json", table, *(["--only", *args.only] if args.only else []))
        rows = json.loads(table.read_text())["models"]
    printed, seconds = Table("", "RMSE", "CPU s", "peak MB", first=26), []
    for row in rows:
        again = row["name"] == "blend"  # its seconds are those of its parts, once more
        seconds.append(np.nan if again else row["seconds"] + row["choosing_seconds"])
        printed.row(row["name"], row["rmse"], seconds[-1], f"{row['peak_mb']:.0f}")
    print(f"all: {np.nansum(seconds):.0f} CPU s, {wall:.0f} s, {most / 1e6:.0f} MB")
    return 0



if __name__ == "__main__":
    sys.exit(run_program(main))
