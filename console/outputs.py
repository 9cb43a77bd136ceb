"""Any file that a program writes: looked at before any work is done, and written whole or not at all."""

import csv
import errno
import io
import json
import os
import stat
from pathlib import Path

from console.inputs import kind, read_file
from console.interrupts import hold
from console.program import InputError

_BEGINNINGS = {"PNG": (b"\x89PNG\r\n\x1a\n",), "GIF": (b"GIF87a", b"GIF89a"),
               "HTML": (b"<!doctype html", b"<!DOCTYPE html", b"<html")}
MODEL = "recommender-model.json"  # the first member of a model file, which is a zip archive


def check_outputs(json_file, folder=None, pictures=(), inputs=(), reserved=(), csv_file=None, page=None, film=None,
                  model_file=None):
    """Return the folder for the pictures as a Path, or None; it is made when the first of them is written.

    Args:
        json_file: path of the JSON file, or None.
        folder: for the pictures, or None.
        pictures: names of the files in the folder.
        inputs: paths of the files that the program reads.
        reserved: names of files that are read where they are found, and that no output may have.
        csv_file, page, film, model_file: paths of the CSV file, the HTML file, the GIF file and the recommender's model
            file, or None.

    Raises:
        InputError: an output cannot be written; or it is, through whatever links, an input or another output; or it
            would replace a file of another kind.
    """
    files = (("--json", json_file, "JSON"), ("--csv", csv_file, "CSV"), ("--page", page, "HTML"),
             ("--film", film, "GIF"), ("--out", model_file, "model"))
    outputs, made = [], None
    if folder is not None:
        folder, made = Path(folder), _check_folder(folder)
        outputs = [("--figures", folder / name, "PNG") for name in pictures]
    outputs += [(option, Path(file), what) for option, file, what in files if file is not None]
    read = set(map(_identity, inputs))
    taken = {} if made is None else dict.fromkeys(map(_number, [made, *made.parents]), "pictures go")
    for option, path, what in outputs:
        same = _identity(path)
        if same in read:
            raise InputError(f"{option}: {path} would replace a file that is read; expected a name of its own")
        if path.name in reserved:
            raise InputError(f"{option}: {path} has the name of a file that is read; expected a name of its own")
        check_replaceable(path, what, made)
        if same in taken:
            raise InputError(f"{option}: {path} is where {taken[same]}; expected a name of its own")
        taken[same] = "pictures go" if option == "--figures" else f"{option} goes"
    return folder


def _identity(path):
    """Return what all paths of one file have in common: its number, or a name, in which case might not matter."""
    return _number(os.path.realpath(path))


def _number(path):
    try:
        found = os.stat(path)
        return found.st_dev, found.st_ino
    except OSError:
        return str(path).casefold()


def check_replaceable(path, what, made=None):
    """Return the resolved `path` of a file to be written.

    Args:
        path: of the file; links are followed.
        what: "JSON", "CSV", "PNG", "GIF", "HTML" or "model", the only sort of file that it may replace; an empty one
            has nothing to lose.
        made: a folder that is going to be made if it does not exist.

    Raises:
        InputError: no file can be put there, or one of another sort would be lost.
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
            raise InputError(f"{path} is {kind(mode)}, not a file that can be written")
        if not _replaceable(target, what):
            raise InputError(f"{path} is not a {what} file, and is not replaced by one; expected another name")
    if target.parent != made:
        check_folder_of(path)
    if mode is not None and not os.access(target, os.W_OK):
        raise InputError(f"{path} is write-protected")
    return target


def _replaceable(path, what):
    """Return whether a file may give way to one of the same kind, which `what` is.

    JSON of ours is an object or a list; a CSV has rows of as many cells as the first, two or more.
    """
    if what == "model":  # of any size, and known by how it begins
        with open(path, "rb") as file:
            head = file.read(30 + len(MODEL))  # of a zip archive: 30 bytes, and its first member's name
        return not head or (head.startswith(b"PK\3\4") and head.endswith(MODEL.encode()))
    content = read_file(path, expected=f"a {what} file")
    if what in _BEGINNINGS:
        return content.startswith(_BEGINNINGS[what]) or not content
    try:
        if what == "CSV":
            widths = {len(row) for row in csv.reader(io.StringIO(content.decode()), strict=True)}
            return not content or (len(widths) == 1 and min(widths) > 1)
        return not content or isinstance(json.loads(content), (dict, list))
    except (ValueError, RecursionError, csv.Error):
        return False


def check_folder_of(path):
    """Raise InputError where nothing can be written into the folder in which `path` lies; links are followed."""
    folder = os.path.dirname(os.path.realpath(path))
    if not _writable(folder):
        raise InputError(f"{path} cannot be written: {folder} is not a folder that can be written to")


def _writable(folder):
    """Return whether a file can be put into a folder, which is tried: its permissions do not say all that forbids it.

    The trial is an empty file, which is gone at once.
    """
    trial = os.path.join(folder, f".{os.urandom(8).hex()}.part")
    try:
        with hold():
            os.close(os.open(trial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            os.unlink(trial)
    except OSError:
        return False
    return True


def _check_folder(path):
    """Return the resolved `path` of a folder that is there or can be made; raise InputError where neither is so."""
    folder = Path(os.path.realpath(path))
    try:
        os.lstat(folder)
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            raise InputError(f"{path} cannot be used as a folder: {error.strerror}") from None
    there = next(place for place in [folder, *folder.parents] if os.path.lexists(place))
    if not os.path.isdir(there):
        raise InputError(f"{path} cannot be used as a folder: {there} is {kind(os.lstat(there).st_mode)}")
    if not _writable(there):
        raise InputError(f"{path} cannot be used: {there} is not a folder that can be written to")
    return folder


def make_folder(path):
    """Return `path` as a folder, made where it does not exist; raise InputError where it cannot be written to."""
    folder = _check_folder(path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, RecursionError) as error:
        why = getattr(error, "strerror", None) or "too many folders in one another"
        raise InputError(f"{path} cannot be used as a folder: {why}") from None
    return Path(path)


def write_file(path, content):
    """Write the bytes `content`, whole or not at all; links are followed. A file that is replaced keeps its mode.

    Raises OSError with the name of the file.
    """
    path = Path(os.path.realpath(path))
    temporary = path.with_name(f".{os.urandom(8).hex()}.part")
    with hold():
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
    """Write `value` as JSON over JSON or nothing. NaN and infinity, which JSON does not know, raise ValueError."""
    content = json.dumps(value, indent=2, allow_nan=False) + "\n"
    write_file(check_replaceable(path, "JSON"), content.encode())


def write_csv(path, rows):
    """Write rows of values as CSV over a CSV or nothing; the first row names the columns."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    write_file(check_replaceable(path, "CSV"), text.getvalue().encode())


def new_figure(*size):
    """Return a matplotlib figure of a size in inches that belongs to no global state, so that it needs no display."""
    from matplotlib.figure import Figure  # here, because whoever draws nothing need not wait for it

    return Figure(figsize=size, layout="constrained")


def write_figure(path, figure, dpi=110):
    """Write a matplotlib figure as PNG over a PNG or nothing. The folder is made where it does not exist."""
    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi=dpi)
    make_folder(Path(path).parent)
    write_file(check_replaceable(path, "PNG"), picture.getvalue())
