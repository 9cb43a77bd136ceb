"""The command line of main.py."""

from argparse import ArgumentTypeError

from console import InputError, Parser, escaped
from data import course


def parse(argv, description):
    """Return the parsed command line; lists of numbers are flat and without repetitions."""
    parser = Parser(description=description)
    parser.add_argument("--data", metavar="PATH", help="folder with the course's files, or netflix.tar.gz itself")
    parser.add_argument("--only", choices=["toy", "netflix"], help="do only this half of the assignment")
    lists = {"--seeds": ("seeds", course.SEEDS), "--toy-ks": ("numbers of components for the toy data", (1, 2, 3, 4)),
             "--netflix-ks": ("numbers of components for the ratings", (1, 12))}
    for option, (what, default) in lists.items():
        parser.add_argument(option, nargs="*", type=_numbers, metavar="N", default=[default],
                            help=f"{what}, separated by blanks or commas (default: {' '.join(map(str, default))})")
    parser.add_argument("--figures", metavar="DIR", default="figures", help="folder for the figures (default: figures)")
    parser.add_argument("--no-figures", action="store_true", help="draw no figures")
    parser.add_argument("--json", metavar="FILE", help="also write the answers as JSON")
    parser.add_argument("--page", metavar="FILE", help="also write an interactive page of the runs for a browser")
    parser.add_argument("--film", metavar="FILE", help="also write K-means and EM on the toy data as an animated GIF")
    options = parser.parse_args(argv)
    options.figures = None if options.no_figures else options.figures
    if options.film is not None and options.only == "netflix":
        raise InputError("--film: it shows the toy data, which --only netflix leaves out")
    if options.film is not None and not options.film.lower().endswith(".gif"):
        raise InputError(f"--film: {escaped(options.film)} is written as a GIF; expected a name that ends in .gif")
    for option in lists:
        name = option[2:].replace("-", "_")
        values = list(dict.fromkeys(value for part in getattr(options, name) for value in part))
        if not values:
            raise InputError(f"{option}: expected at least one whole number, got none")
        setattr(options, name, values)
    if not all(0 <= seed < 2**32 for seed in options.seeds):
        raise InputError(f"--seeds: expected numbers from 0 to {2**32 - 1}, got {listed(options.seeds)}")
    return options


def check_ks(option, ks, n, what):
    """Raise InputError unless every K is from 1 to n."""
    for K in ks:
        if not 1 <= K <= n:
            raise InputError(f"{option}: expected K from 1 to {n}, the number of {what}, got {K}")


def listed(numbers):
    """Return numbers as text: 0, 1, 2."""
    return ", ".join(map(str, numbers))


def _numbers(text):
    """Return the whole numbers in one argument, '3' or '0,1,2'."""
    try:
        return [int(word) for word in text.split(",") if word.strip()]
    except ValueError:
        raise ArgumentTypeError(f"expected whole numbers, separated by blanks or commas, got {text!r}") from None
