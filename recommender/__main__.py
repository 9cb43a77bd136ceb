"""Anybody's ratings: which model predicts them best, and what it recommends: `python -m recommender COMMAND ...`."""

import argparse
import os
import sys
from importlib import import_module

import recommender
from console import Parser, run_program

COMMANDS = {  # name -> the module whose main(argv) it is, loaded when it is called, and what it does
    "evaluate": ("recommender.commands.evaluate", "compare models on held-out ratings"),
    "fit": ("recommender.commands.fit", "fit one model to all ratings and write it to a file"),
    "suggest": ("recommender.commands.suggest", "recommend items to a user, with intervals and reasons"),
    "page": ("recommender.commands.page", "write a page for a browser in which anybody gets recommendations"),
    "predict": ("recommender.commands.predict", "predict the ratings of given pairs of user and item"),
    "convert": ("recommender.scale.convert", "write very many ratings to a store on disk"),
    "em": ("recommender.scale.em", "fit the course's EM to a store"),
    "als": ("recommender.scale.als", "fit matrix factorization to a store"),
}


def main(argv=None):
    listed = "\n".join(f"  {name:<10}{about}" for name, (_, about) in COMMANDS.items())
    parser = Parser(description="Find the model that predicts your ratings best, and get recommendations from it.",
                    usage="%(prog)s COMMAND ...",
                    epilog=f"commands:\n{listed}\n\n`COMMAND --help` lists the options of a command.",
                    formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--version", action="version", version=recommender.__version__)
    parser.add_argument("command", metavar="COMMAND", nargs="?", help=argparse.SUPPRESS)
    words = sys.argv[1:] if argv is None else list(argv)
    command = parser.parse_args(words[:1]).command
    if command is None:
        parser.print_help()
        return 0
    if command not in COMMANDS:
        parser.error(f"there is no command {command!r}; there are {', '.join(COMMANDS)}")
    return import_module(COMMANDS[command][0]).main(words[1:])


def run():
    """Run the program and return its exit status."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # before NumPy: one thread a product, as models run side by side
    return run_program(main)


if __name__ == "__main__":
    sys.exit(run())
