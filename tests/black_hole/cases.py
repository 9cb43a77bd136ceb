"""Cases and calls that several modules of these tests share."""

from pathlib import Path

import numpy as np

from black_hole import __main__ as program
from black_hole import eht
from console import run_program

RELEASE = Path(__file__).resolve().parents[3] / "shared" / "eht"
HEADER = "#SRC:M87,DATE(MJD):57854,FREQ:227.0707GHz\n" + "#" + ",".join(eht.COLUMNS) + "\n"
GOOD = "1.0,AA,PV,-1e9,2e9,0.5,10,0.01"


def covariances(rng, C, d):
    roots = rng.randn(C, d, d)
    return roots @ roots.transpose(0, 2, 1) / d + 0.1 * np.eye(d)


def random_gains(net, seed, sd=0.3):
    rng = np.random.RandomState(seed)
    shape = net.scan.max() + 1, len(eht.STATIONS)
    return sd * rng.randn(*shape) + 1j * rng.uniform(-np.pi, np.pi, shape)


def csv(tmp_path, lines, header=HEADER, name="a.csv"):
    path = tmp_path / name
    path.write_text(header + "".join(f"{line}\n" for line in lines))
    return path


def bad_call(capsys, *argv, main=program.main):
    """Return the one line on stderr of a call of the program that must end with status 2."""
    try:
        status = run_program(main, [str(word) for word in argv])
    except SystemExit as error:
        status = error.code
    lines = capsys.readouterr().err.splitlines()
    assert status == 2 and len(lines) == 1, lines
    return lines[0]
