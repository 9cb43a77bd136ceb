"""The options of python -m black_hole."""

import argparse

from console import Parser, real_number, whole_number

from .eht import BANDS
from .moving.sources import EVERY, SOURCES
from .training import TRAINED_ON


def parse(argv):
    """Return the arguments of the command line. Options that have no effect together end the program in one line."""
    parser = Parser(description="Learn a prior on picture patches by EM, simulate what the Event Horizon Telescope"
                                " measures of a picture, and reconstruct the picture.")
    parser.add_argument("--image", nargs="+", metavar="FILE",
                        help="use your own pictures as the truth; they are cropped to squares")
    parser.add_argument("--array", metavar="FILE", help="use other stations; each line has a name, x, y, z (in m, from"
                                                        " the centre of the Earth) and the SEFD (Jy)")
    parser.add_argument("--prior", metavar="NAME",
                        help=f"learn patches from {', '.join(TRAINED_ON)} or a picture file (default: both; with --m87:"
                             " both and then natural; with --gains: natural)")
    parser.add_argument("--components", "--clusters", type=whole_number(1, 1000), default=30, metavar="C",
                        help="components of the mixture (default: %(default)s)")
    parser.add_argument("--patches", type=whole_number(1000, 10**6), default=60_000, metavar="N",
                        help="patches to learn from (default: %(default)s)")
    parser.add_argument("--flux", type=real_number(lambda value: 1e-30 <= value <= 1e30,
                                                   "a positive number from 1e-30 to 1e30"),
                        metavar="JY", help="total flux of the source (default: 1)")
    parser.add_argument("--seed", type=whole_number(0, 2**31), default=0, metavar="S",
                        help="seed of training, EM and noise (default: %(default)s)")
    parser.add_argument("--figures", default="figures/black_hole", metavar="DIR",
                        help="folder for the pictures (default: %(default)s)")
    parser.add_argument("--no-figures", action="store_true", help="draw no pictures")
    parser.add_argument("--handout", action="store_true", help="add a row with the assignment's own formulas")
    parser.add_argument("--json", metavar="FILE", help="also write the table as JSON")
    _add_measured(parser.add_argument_group("the Event Horizon Telescope's own measurements"))
    _add_moving(parser.add_argument_group("sources that move"))
    arguments = parser.parse_args(argv)
    _check_together(parser, arguments)
    arguments.seeds, arguments.every = arguments.seeds or [0], arguments.every or EVERY
    return arguments


def _add_measured(group):
    """Add the options of imaging with unknown gains."""
    which = group.add_mutually_exclusive_group()
    which.add_argument("--m87", action="store_true", help="image M87: five days, two bands, two priors")
    which.add_argument("--gains", action="store_true",
                       help="image invented sources, measured as M87 was, with unknown gains")
    which.add_argument("--movie", action="store_true", help="film simulated sources that move, and learn how they move")
    group.add_argument("--day", type=whole_number(1, 366), metavar="N",
                       help="image only this day of the year: 95, 96, 100, 101 (2017) or 111 (2018) of the shipped"
                            " averages (default: all; with --gains: 101)")
    group.add_argument("--band", choices=BANDS,
                       help="image only this band: 213, 215, 227 or 229 GHz (default: all; with --gains: lo)")
    group.add_argument("--visibilities", nargs="+", metavar="CSV",
                       help="read these csv files of M87 or Sagittarius A* instead of the shipped averages")
    group.add_argument("--cross-validate", action="store_true", help="also predict the other band and left-out scans")
    group.add_argument("--image-out", type=_ends_in(".npy"), metavar="FILE.npy",
                       help="also write the first picture to FILE.npy")


def _add_moving(group):
    """Add the options of films."""
    group.add_argument("--sources", nargs="+", choices=SOURCES, metavar="NAME",
                       help=f"film only these sources (default: all): {', '.join(map(repr, SOURCES))}")
    group.add_argument("--seeds", nargs="+", type=whole_number(0, 2**32 - 1), default=None, metavar="S",
                       help="seeds of the sources' angles and of the noise (default: 0)")
    group.add_argument("--turn", type=_speed(180), metavar="DEGREES",
                       help="turn every source by DEGREES per frame, instead of its own motion")
    group.add_argument("--move", type=_speed(160), nargs=2, metavar=("EAST", "NORTH"),
                       help="move every source by so many microarcseconds per frame, instead of its own motion; with"
                            " --turn, after each turn")
    group.add_argument("--every", type=real_number(lambda value: 60 <= value <= 14400, "60 to 14400 seconds"),
                       metavar="SECONDS", help=f"seconds from one frame to the next (default: {EVERY:g})")
    group.add_argument("--film", type=_ends_in(".gif"), metavar="FILE.gif",
                       help="also write the films of the first seed to FILE.gif")


def _speed(most):
    return real_number(lambda value: abs(value) <= most, f"a number from -{most} to {most}")


def _ends_in(ending):
    def path(text):
        if not text.lower().endswith(ending):
            raise argparse.ArgumentTypeError(f"expected a name that ends in {ending}, got {text!r}")
        return text
    return path


def _check_together(parser, arguments):
    """End the program in one line if an option would have no effect."""
    unknown_gains = arguments.m87 or arguments.gains
    for names, has_effect, why in (
        (("array", "flux"), not unknown_gains, "does not go with --m87 or --gains"),
        (("image", "handout"), not unknown_gains and not arguments.movie, "does not go with --m87, --gains or --movie"),
        (("day", "band"), unknown_gains, "needs --m87 or --gains"),
        (("visibilities", "cross_validate", "image_out"), arguments.m87, "needs --m87"),
        (("sources", "seeds", "turn", "move", "every", "film"), arguments.movie, "needs --movie"),
    ):
        for name in names:
            value = getattr(arguments, name)
            if value is not None and value is not False and not has_effect:
                parser.error(f"--{name.replace('_', '-')} {why}")
