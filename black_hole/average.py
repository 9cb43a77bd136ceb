"""Average the csv files of the Event Horizon Telescope's M87 release coherently over each scan."""

import sys
from pathlib import Path

from console import InputError, Parser, check_outputs, escaped, make_folder, run_program

from .eht import SHIPPED, VISIBILITIES, average, read_visibilities, shipped_file, write_visibilities


def main(argv=None):
    parser = Parser(description=__doc__)
    parser.add_argument("csv", nargs="+", metavar="CSV", help="files of the release, unchanged")
    parser.add_argument("--out", default=SHIPPED, type=Path, metavar="DIR",
                        help="folder to write to (default: the folder of the shipped averages)")
    arguments = parser.parse_args(argv)
    averaged = {}
    for path in arguments.csv:
        measured = read_visibilities(path)
        target = arguments.out / shipped_file(measured.day, measured.band).name
        if target in averaged:
            raise InputError(f"{path}: day {measured.day}, band {measured.band} is in a file before it, too")
        averaged[target] = average(measured)
        print(f"{escaped(path)}: {len(measured.time)} visibilities, {len(averaged[target].time)} averages")
    check_outputs([("--out", target, VISIBILITIES) for target in averaged if target.exists()], arguments.csv)
    make_folder(arguments.out)
    for target, averages in averaged.items():
        write_visibilities(target, averages)
    print(f"written to {escaped(arguments.out)}")
    return 0


if __name__ == "__main__":
    sys.exit(run_program(main))
