"""The black hole: simulated pictures, the real one (--m87), invented sources (--gains), or films (--movie)."""

import os

if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # one thread for each product: processes work side by side

import sys
from pathlib import Path

from console import (
    GIF,
    JSON,
    Kind,
    begins_with,
    check_outputs,
    escaped,
    pictures_in,
    run_program,
    write_figure,
    write_json,
)

from . import comparison, m87, options, synthetic
from .moving import movie
from .pictures import read_picture
from .training import TRAINED_ON

NPY = Kind(".npy", begins_with(b"\x93NUMPY"))


def main(argv=None):
    arguments = options.parse(argv)
    chosen = {"m87": m87, "gains": synthetic, "movie": movie}
    program = next((chosen[name] for name in chosen if getattr(arguments, name)), comparison)
    own_prior = [] if arguments.prior in (None, *TRAINED_ON) else [arguments.prior]
    for path in own_prior:
        read_picture(path)  # a bad file is told before any work is done
    data, files, pictures = program.read(arguments)
    folder = None if arguments.no_figures else Path(arguments.figures)
    check_outputs([*pictures_in(folder, pictures), ("--json", arguments.json, JSON),
                   ("--image-out", arguments.image_out, NPY), ("--film", arguments.film, GIF)], [*files, *own_prior])
    rows, draw = program.run(data, arguments)
    if folder:
        for name, figure in draw():
            write_figure(folder / name, figure, dpi=100)
        print(f"\nfigures in {escaped(folder)}")
    if arguments.json:
        write_json(arguments.json, rows)
    return 0


if __name__ == "__main__":
    sys.exit(run_program(main))
