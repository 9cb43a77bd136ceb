"""Average the csv files of the Event Horizon Telescope's releases coherently over each scan."""

import sys
from pathlib import Path

from console import InputError, Parser, check_outputs, escaped, make_folder, run_program

from .eht import VISIBILITIES, average, averages_file, read_visibilities, write_visibilities


def main(argv=None):
    parser = Parser(description=__doc__)
    parser.add_argument("csv", nargs="+", metavar="CSV", help="files of the release, unchanged")
    parser.add_argument("--out", type=Path, metavar="DIR",
                        help="folder to write to (default: the folders of the shipped averages)")
    arguments = parser.parse_args(argv)
    averaged = {}
    for path in arguments.csv:
        measured = read_visibilities(path)
        target = averages_file(measured.source, measured.date.year, measured.day, measured.band)
        target = arguments.out / target.name if arguments.out else target
        if target in averaged:
            raise InputError(f"{path}: {measured.date}, band {measured.band} is in a file before it, too")
        averaged[target] = average(measured)
        print(f"{escaped(path)}: {len(measured.time)} visibilities, {len(averaged[target].time)} averages")
    check_outputs([("--out", target, VISIBILITIES) for target in averaged if target.exists()], arguments.csv)
    for target, averages in averaged.items():
        make_folder(target.parent)
        write_visibilities(target, averages)
        print(f"written to {escaped(target)}")
    return 0


if __name__ == "__main__":
    sys.exit(run_program(main))
