"""Anybody's ratings: which model predicts them best, and what it recommends: `python -m recommender COMMAND ...`."""

import os

if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # one thread a product: models run side by side

import argparse
import sys
from importlib import import_module

from console import Parser, run_program

COMMANDS = {  # name -> the module whose main(argv) it is, loaded when it is called, and what it does
    "evaluate": ("recommender.evaluate", "compare models on held-out ratings"),
    "fit": ("recommender.fit", "fit one model to all ratings and write it to a file"),
    "suggest": ("recommender.suggest", "recommend items to a user, with intervals and reasons"),
    "convert": ("recommender.scale.convert", "write ratings of any number as a store"),
    "em": ("recommender.scale.em", "fit the course's EM to a store"),
    "als": ("recommender.scale.als", "fit matrix factorization to a store"),
}


def main(argv=None):
    listed = "\n".join(f"  {name:<10}{about}" for name, (_, about) in COMMANDS.items())
    parser = Parser(description=__doc__.partition(":")[0] + ": how well they can be predicted, and what to recommend.",
                    usage="%(prog)s COMMAND ...", epilog=f"commands:\n{listed}\n\nCOMMAND --help says more of each.",
                    formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", metavar="COMMAND", help=argparse.SUPPRESS)
    words = sys.argv[1:] if argv is None else list(argv)
    command = parser.parse_args(words[:1]).command
    if command not in COMMANDS:
        parser.error(f"there is no command {command!r}; there are {', '.join(COMMANDS)}")
    return import_module(COMMANDS[command][0]).main(words[1:])


if __name__ == "__main__":
    sys.exit(run_program(main))
