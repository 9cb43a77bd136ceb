"""How long EM with gaps takes on the Netflix-sized matrix, K = 12, and how far that is from what it must take.

    python -m benchmarks.em [--data PATH]

Any exact iteration on dense arrays needs four matrix products: X mu^T and mask (mu^2)^T in the E-step, X^T post and
mask^T post in the M-step. They alone are the yardstick from below; a loop over users is the one from above.
"""

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import data
import em
from benchmarks import loop
from benchmarks.timing import in_turn, median_ratio
from common import init
from console import Parser, run_program, whole_number

K, SEED, SEEDS = 12, 1, range(5)


def bare_products(X, mixture, post):
    """Return a function that does the four products of one iteration and nothing else."""
    mask, square = (X != 0).astype(float), mixture.mu**2

    def products():
        X @ mixture.mu.T, mask @ square.T, mask.T @ post, X.T @ post

    return products


def peak_memory(who):
    """Return the peak resident memory in MB of this process ("SELF") or its children, None where not known."""
    try:
        import resource
    except ImportError:  # not on Windows
        return None
    peak = resource.getrusage(getattr(resource, f"RUSAGE_{who}")).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)


def whole_program(path):
    """Run main.py with figures in a process of its own; return its wall seconds."""
    main = Path(__file__).resolve().parent.parent / "main.py"
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, str(main), "--figures", folder] + (["--data", path] if path else [])
        start = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        return time.perf_counter() - start


def main(argv=None):
    parser = Parser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", metavar="PATH", help="folder with the course's files, or netflix.tar.gz itself")
    parser.add_argument("--repeat", type=whole_number(1, 1000), default=21, metavar="N", help="times each pair is measured (default: 21)")
    args = parser.parse_args(argv)
    source = data.find(data.NETFLIX, args.data)
    X, _ = data.netflix(source)
    print(f"Data: {source.description}\n{X.shape[0]} x {X.shape[1]}, K = {K}, median of {args.repeat}\n")

    start, post = init(X, K, SEED)
    history = []
    mixture, post, _ = em.run(X, start, post, callback=history.append)
    iterations = len(history)
    products = bare_products(X, mixture, post)

    def one_loop():
        loop.mstep(X, loop.estep(X, start)[0], start)

    run, bare = in_turn([lambda: em.run(X, start, post), lambda: [products() for _ in range(iterations)]], args.repeat)
    slow, run_beside = in_turn([one_loop, lambda: em.run(X, start, post)], 3)
    per_iteration = 1e3 / iterations
    print(f"{'':42}{'ms / iteration':>15}{'em.run is':>26}")
    print(f"{'em.run, its set-up included':42}{statistics.median(run) * per_iteration:>15.2f}")
    print(f"{'the four bare matrix products':42}{statistics.median(bare) * per_iteration:>15.2f}"
          f"{median_ratio(run, bare):>19.2f} x the time")
    print(f"{'a loop over users and components':42}{statistics.median(slow) * 1e3:>15.2f}"
          f"{median_ratio(slow, run_beside) * iterations:>18.0f} x as fast")

    sweep = statistics.median(in_turn([lambda: [em.run(X, *init(X, K, seed)) for seed in SEEDS]], 5)[0])
    print(f"\n{'sweep of 5 seeds, K = 12':42}{sweep:>15.2f} s")
    memory = peak_memory("SELF")
    if memory:
        print(f"{'peak memory of this process so far':42}{memory:>15.0f} MB")
    whole = statistics.median(whole_program(args.data) for _ in range(3))
    memory = peak_memory("CHILDREN")
    print(f"{'python main.py, whole, with figures':42}{whole:>15.2f} s" + (f", peak {memory:.0f} MB" if memory else ""))
    return 0


if __name__ == "__main__":
    sys.exit(run_program(main))
