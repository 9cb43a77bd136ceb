"""Any file that a program writes: checked before any work is done, and written whole or not at all."""

import csv
import errno
import io
import json
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from console.inputs import read_file, what_is
from console.program import InputError


class Kind(NamedTuple):
    """A kind of file that a program writes."""

    name: str
    fits: Callable  # fits(path): whether a file is of this kind, or empty; only such a file is replaced


def begins_with(*beginnings):
    """Return a Kind's `fits` for files that begin with one of these bytes."""
    def fits(path):
        with open(path, "rb") as file:
            head = file.read(max(map(len, beginnings)))
        return not head or head.startswith(beginnings)
    return fits


def _is_json(path):
    """Return whether a file is empty or JSON: an object or a list."""
    content = read_file(path, expected="a JSON file")
    try:
        return not content or isinstance(json.loads(content), (dict, list))
    except (ValueError, RecursionError):
        return False


def _is_csv(path):
    """Return whether a file is empty or has rows of equally many cells, two or more."""
    content = read_file(path, expected="a CSV file")
    try:
        widths = {len(row) for row in csv.reader(io.StringIO(content.decode()), strict=True)}
    except (ValueError, csv.Error):
        return False
    return not content or (len(widths) == 1 and min(widths) > 1)


JSON, CSV = Kind("JSON", _is_json), Kind("CSV", _is_csv)
PNG = Kind("PNG", begins_with(b"\x89PNG\r\n\x1a\n"))
GIF = Kind("GIF", begins_with(b"GIF87a", b"GIF89a"))
HTML = Kind("HTML", begins_with(b"<!doctype html", b"<!DOCTYPE html", b"<html"))


def check_outputs(outputs, inputs=(), reserved=()):
    """Check, before any work is done, that a program's files can be written.

    Args:
        outputs: (option, path, Kind) of each file to write; path is None if the user did not ask for it.
        inputs: paths of the files that the program reads.
        reserved: file names that no output may have, because the program looks for them.

    Raises:
        InputError: an output cannot be written, would replace a file of another kind, or is an input or another output,
            also through links.
    """
    outputs = [(option, Path(path), kind) for option, path, kind in outputs if path is not None]
    read = set(map(_identity, inputs))
    folders = {os.path.realpath(path.parent) for _, path, kind in outputs if kind is PNG}
    taken = {_number(place): "pictures go" for folder in folders for place in [folder, *Path(folder).parents]}
    for option, path, kind in outputs:
        same = _identity(path)
        if same in read:
            raise InputError(f"{option}: {path} would replace a file that is read; expected a name of its own")
        if path.name in reserved:
            raise InputError(f"{option}: {path} has the name of a file that is read; expected a name of its own")
        check_replaceable(path, kind, folders)
        if same in taken:
            raise InputError(f"{option}: {path} is where {taken[same]}; expected a name of its own")
        taken[same] = "pictures go" if kind is PNG else f"{option} goes"


def pictures_in(folder, names):
    """Return the outputs for check_outputs of pictures of these names in the folder of --figures, which may be None.

    Raises InputError if the folder does not exist and cannot be made.
    """
    if folder is None:
        return []
    _check_folder(folder)
    return [("--figures", Path(folder, name), PNG) for name in names]


def _identity(path):
    return _number(os.path.realpath(path))


def _number(path):
    """Return the same value for all names of one file: its number; if there is none yet, the name without its case."""
    try:
        found = os.stat(path)
        return found.st_dev, found.st_ino
    except OSError:
        return str(path).casefold()


def check_replaceable(path, kind, made=()):
    """Return the resolved `path` of a file of this Kind to write; its folder may be missing if it is among `made`.

    Raises:
        InputError: no file can be written there, or it would replace a file of another kind.
    """
    target = Path(os.path.realpath(path))
    try:
        mode = os.stat(target).st_mode
    except FileNotFoundError:
        mode = None
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror}") from None
    if mode is not None:
        if not stat.S_ISREG(mode):
            raise InputError(f"{path} is {what_is(mode)}, not a file that can be written")
        if not kind.fits(target):
            raise InputError(f"{path} is not a {kind.name} file, and is not replaced by one; expected another name")
    if kind is PNG:
        _check_folder(target.parent)  # which is made for pictures
    elif str(target.parent) not in made:
        check_folder_of(path)
    if mode is not None and not os.access(target, os.W_OK):
        raise InputError(f"{path} is write-protected")
    return target


def check_folder_of(path):
    """Raise InputError if nothing can be written into the folder of `path`; links are followed."""
    folder = os.path.dirname(os.path.realpath(path))
    if not _writable(folder):
        raise InputError(f"{path} cannot be written: {folder} is not a folder that can be written to")


def _writable(folder):
    """Return whether a file can be put into a folder. An empty file is tried: permissions do not tell everything."""
    trial = os.path.join(folder, f".{os.urandom(8).hex()}.part")
    try:
        os.close(os.open(trial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        os.unlink(trial)
    except OSError:
        return False
    return True


def _check_folder(path):
    """Return the resolved `path` of a folder; raise InputError if it does not exist and cannot be made."""
    folder = Path(os.path.realpath(path))
    try:
        os.lstat(folder)
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            raise InputError(f"{path} cannot be used as a folder: {error.strerror}") from None
    there = next(place for place in [folder, *folder.parents] if os.path.lexists(place))
    if not os.path.isdir(there):
        raise InputError(f"{path} cannot be used as a folder: {there} is {what_is(os.lstat(there).st_mode)}")
    if not _writable(there):
        raise InputError(f"{path} cannot be used: {there} is not a folder that can be written to")
    return folder


def make_folder(path):
    """Make a folder if it does not exist; return its Path, or raise InputError if it cannot be written to."""
    folder = _check_folder(path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, RecursionError) as error:
        why = getattr(error, "strerror", None) or "too many folders in one another"
        raise InputError(f"{path} cannot be used as a folder: {why}") from None
    return Path(path)


def write_file(path, content):
    """Write the bytes `content`, whole or not at all; links are followed. A replaced file keeps its mode.

    Raises OSError with the name of the file.
    """
    path = Path(os.path.realpath(path))
    temporary = path.with_name(f".{os.urandom(8).hex()}.part")
    try:
        with open(temporary, "xb") as file:
            if path.exists():
                os.chmod(temporary, stat.S_IMODE(path.stat().st_mode))
            file.write(content)
        os.replace(temporary, path)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None
    finally:
        temporary.unlink(missing_ok=True)


def write_json(path, value):
    """Write `value` as JSON over JSON or nothing. Raises ValueError for NaN and infinity."""
    content = json.dumps(value, indent=2, allow_nan=False) + "\n"
    write_file(check_replaceable(path, JSON), content.encode())


def write_csv(path, rows):
    """Write rows of values as CSV over a CSV or nothing; the first row names the columns."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    write_file(check_replaceable(path, CSV), text.getvalue().encode())


def new_figure(*size):
    """Return a matplotlib figure of a size in inches, without pyplot's global state, so that it needs no display."""
    from matplotlib.figure import Figure  # here, because the import takes long

    return Figure(figsize=size, layout="constrained")


def write_figure(path, figure, dpi=110):
    """Write a matplotlib figure as PNG over a PNG or nothing; make the folder if it does not exist."""
    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi=dpi)
    make_folder(Path(path).parent)
    write_file(check_replaceable(path, PNG), picture.getvalue())
