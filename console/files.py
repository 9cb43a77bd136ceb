"""The files that programs write: looked at before any work is done, and written whole or not at all."""

import json
import os
from contextlib import contextmanager
from pathlib import Path

from console.program import InputError


@contextmanager
def whole_file(path):
    """Yield a temporary path beside `path`; it becomes `path` when the block ends well, and vanishes when not."""
    path = check_replaceable(path)
    temporary = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
    try:
        yield temporary
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def write_json(path, value):
    """Write `value` as JSON, whole or not at all. NaN and infinity, which JSON does not know, raise ValueError."""
    with whole_file(path) as temporary:
        temporary.write_text(json.dumps(value, indent=2, allow_nan=False) + "\n")


def write_figure(path, figure, **options):
    """Write a matplotlib figure, whole or not at all; the options are those of its savefig."""
    with whole_file(path) as temporary:
        figure.savefig(temporary, **options)


def check_replaceable(path):
    """Return the resolved `path` of a file to be written; raise InputError where no file can be put there."""
    path = Path(path).resolve()
    if path.exists() and not path.is_file():
        raise InputError(f"{path} is not a file that can be written")
    if not os.access(path.parent, os.W_OK) or not path.parent.is_dir():
        raise InputError(f"{path} cannot be written: {path.parent} is not a folder that can be written to")
    return path


def make_folder(path):
    """Return `path` as a folder, made where it does not exist; raise InputError where it cannot be written to."""
    path = Path(path)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{path} cannot be used as a folder: {error.strerror}") from None
    if not os.access(path, os.W_OK):
        raise InputError(f"{path} is not a folder that can be written to")
    return path


def check_outputs(json_file, folder, pictures, inputs):
    """Return the folder for the pictures as a Path, made where it does not exist, or None.

    Args:
        json_file: path of the JSON file, or None.
        folder: for the pictures, or None.
        pictures: names of the files in the folder.
        inputs: paths that the program reads.

    Raises:
        InputError: an output cannot be written, or is an input or another output.
    """
    from data.course import CHECKSUMS

    read = {Path(path).resolve() for path in inputs}
    pictures = [Path(folder, name).resolve() for name in pictures] if folder is not None else []
    if json_file is not None:
        target = Path(json_file).resolve()
        if target in read or target.name in CHECKSUMS:
            raise InputError(f"--json: {json_file} is a file that is read; expected a name of its own")
        if folder is not None and target in [Path(folder).resolve(), *pictures]:
            raise InputError(f"--json: {json_file} is where pictures go; expected a name of its own")
        if folder is None or target.parent != Path(folder).resolve():
            check_replaceable(target)
    for path in read.intersection(pictures):
        raise InputError(f"--figures: a picture would replace {path}, which is read; expected another folder")
    folder = make_folder(folder) if folder is not None else None
    for path in [*pictures, *([] if json_file is None else [json_file])]:
        check_replaceable(path)
    return folder
