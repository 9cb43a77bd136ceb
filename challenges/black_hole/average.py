"""Average the csv files of the Event Horizon Telescope's M87 release coherently over each scan."""

import sys
from pathlib import Path

from console import InputError, Parser, check_replaceable, make_folder, run_program

from .eht import SHIPPED, average, read_visibilities, shipped_file, write_visibilities


def main(argv=None):
    arguments = parse(argv)
    folder, written = make_folder(arguments.out), {}
    for path in arguments.csv:
        measured = read_visibilities(path)
        target = folder / shipped_file(measured.day, measured.band).name
        if target.resolve() in [Path(other).resolve() for other in arguments.csv]:
            raise InputError(f"{target} would be replaced, which is read; expected another folder")
        if target in written:
            raise InputError(f"{path}: day {measured.day}, band {measured.band} was in {written[target]} already")
        check_replaceable(target)
        averages = average(measured)
        write_visibilities(target, averages)
        written[target] = path
        print(f"{path}: {len(measured.time)} visibilities, {len(averages.time)} averages in {target}")
    return 0


def parse(argv):
    parser = Parser(description=__doc__)
    parser.add_argument("csv", nargs="+", metavar="CSV", help="files of the release, as they are")
    parser.add_argument("--out", default=SHIPPED, metavar="DIR", help="folder (the one of the shipped averages)")
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(run_program(main))
