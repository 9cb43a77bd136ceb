"""What the tests of console/ share: programs, and what they leave in a folder."""

import importlib.util
from pathlib import Path

import main
from console import (
    run_program,
)

ROOT = Path(main.__file__).resolve().parent
PNG = b"\x89PNG\r\n\x1a\n"
PROGRAMS = sorted(str(path.relative_to(ROOT)) for path in (*ROOT.glob("*.py"), *ROOT.glob("[a-z]*/**/*.py"))
                  if "\n    sys.exit(run_program(main))\n" in path.read_text(encoding="utf-8"))
CASES = 100  # of each kind of generated ones; thousands find no more


def loaded(path):
    """Return a program of the root as a module; `import test` might be the standard library's."""
    spec = importlib.util.spec_from_file_location(f"program_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


checker = loaded(ROOT / "test.py")


def bad_call(capsys, program, *argv):
    """Return the one line that a call with status 2 says, and nothing else."""
    status = run_program(program, [str(word) for word in argv])
    out, err = capsys.readouterr()
    assert status == 2 and out == "" and err.count("\n") == 1, (status, out, err)
    return err


def contents(folder):
    """Return what is in all files of a folder, found through whatever links."""
    return {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


