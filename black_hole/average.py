"""Average the csv files of the Event Horizon Telescope's M87 release coherently over each scan."""

import os
import sys
from pathlib import Path

from console import InputError, Parser, escaped, make_folder, read_file, run_program

from .eht import SHIPPED, average, read_visibilities, shipped_file, write_visibilities


def main(argv=None):
    arguments = parse(argv)
    averaged = {}
    for path in arguments.csv:
        measured = read_visibilities(path)
        target = arguments.out / shipped_file(measured.day, measured.band).name
        if target in averaged:
            raise InputError(f"{path}: day {measured.day}, band {measured.band} is in a file before it, too")
        check_target(target, arguments.csv)
        averaged[target] = average(measured)
        print(f"{escaped(path)}: {len(measured.time)} visibilities, {len(averaged[target].time)} averages")
    make_folder(arguments.out)
    for target, averages in averaged.items():
        write_visibilities(target, averages)
    print(f"written to {escaped(arguments.out)}")
    return 0


def parse(argv):
    parser = Parser(description=__doc__)
    parser.add_argument("csv", nargs="+", metavar="CSV", help="files of the release, as they are")
    parser.add_argument("--out", default=SHIPPED, type=Path, metavar="DIR", help="folder (the shipped averages')")
    return parser.parse_args(argv)


def check_target(target, inputs):
    """Raise InputError where averages written to `target` would replace an input, or a file of another kind."""
    if not target.exists():
        return
    if any(os.path.samefile(target, path) for path in inputs):
        raise InputError(f"--out: {target} would replace a file that is read; expected another folder")
    if not read_file(target, expected="a csv file").startswith(b"#SRC:M87,"):
        raise InputError(f"--out: {target} is no file of M87's visibilities, and is not replaced")


if __name__ == "__main__":
    sys.exit(run_program(main))
