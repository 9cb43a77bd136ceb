"""Builds the recommender as a package of its own: pip install ., pipx install ., python -m build.

The recommender uses modules of this folder with everyday names, such as common and data. They must not lie at the top
of anybody's site-packages. So the built package holds copies of them in recommender/_rooms, and its imports say so.
"""

import re
import tempfile
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

HERE = Path(__file__).resolve().parent
PACKAGE, ROOMS = "recommender", "recommender._rooms"
SOURCES = (".py", ".html", ".css", ".js")  # never data: a user may keep the course's files in data/
IMPORT = re.compile(r"^( *)(from|import) (\w+)(.*)$", re.MULTILINE)


def files_of(name):
    """Return the files of a module or package of this folder, without data; none if there is none of this name."""
    package = HERE / name
    inside = package.rglob("*") if (package / "__init__.py").is_file() else []
    return [file for file in (HERE / f"{name}.py", *inside) if file.is_file() and file.suffix in SOURCES]


def rooms():
    """Return {name: its files} of all that the package imports of this folder, and that these import."""
    found, new = {}, {PACKAGE}
    while new:
        found |= {name: files_of(name) for name in new}
        new = {name for files in found.values() for file in files if file.suffix == ".py"
               for _, _, name, _ in IMPORT.findall(file.read_text("utf-8")) if files_of(name)} - found.keys()
    del found[PACKAGE]
    return found


def rewritten(text, names):
    """Return a module's text with the imports of these names from ROOMS."""
    def line(match):
        indent, word, name, rest = match.groups()
        if name not in names:
            return match[0]
        if word == "import" and rest:
            raise ValueError(f"expected `import {name}` alone, got {match[0]!r}")
        return f"{indent}from {ROOMS} import {name}" if word == "import" else f"{indent}from {ROOMS}.{name}{rest}"
    return IMPORT.sub(line, text)


class Build(build_py):
    """build_py, which also copies the rooms, and rewrites imports."""

    def run(self):
        super().run()
        if self.editable_mode:
            return
        names, target = rooms(), Path(self.build_lib, *ROOMS.split("."))
        for file in (file for files in names.values() for file in files):
            self.copy_file(file, self._made(target / file.relative_to(HERE)))
        self._made(target / "__init__.py").touch()
        for file in Path(self.build_lib, PACKAGE).rglob("*.py"):
            file.write_text(rewritten(file.read_text("utf-8"), names), "utf-8")

    def _made(self, path):
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def get_source_files(self):
        copied = [str(file.relative_to(HERE)) for files in rooms().values() for file in files]
        return super().get_source_files() + copied


with tempfile.TemporaryDirectory() as scratch:  # a build/ in the checkout would keep files that are gone
    setup(cmdclass={"build_py": Build}, options={"build": {"build_base": scratch}, "egg_info": {"egg_base": scratch}})
