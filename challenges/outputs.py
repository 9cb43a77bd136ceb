"""Where a program's results go: looked at before the long work, so that none is lost and none replaces an input."""

from pathlib import Path

from data.console import InputError, check_replaceable, make_folder
from data.course import CHECKSUMS


def check_outputs(json, folder, pictures, inputs):
    """Return the folder for the pictures as a Path, made where it does not exist, or None.

    Args:
        json: path of the JSON file, or None.
        folder: for the pictures, or None.
        pictures: names of the files in the folder.
        inputs: paths that the program reads.

    Raises:
        InputError: an output cannot be written, or is an input or another output.
    """
    read = {Path(path).resolve() for path in inputs}
    pictures = [Path(folder, name).resolve() for name in pictures] if folder else []
    if json:
        target = Path(json).resolve()
        if target in read or target.name in CHECKSUMS:
            raise InputError(f"--json: {json} is a file that is read; expected a name of its own")
        if folder and target in [Path(folder).resolve(), *pictures]:
            raise InputError(f"--json: {json} is where pictures go; expected a name of its own")
        if not folder or target.parent != Path(folder).resolve():
            check_replaceable(target)
    for path in read.intersection(pictures):
        raise InputError(f"--figures: a picture would replace {path}, which is read; expected another folder")
    folder = make_folder(folder) if folder else None
    for path in [*pictures, *filter(None, [json])]:
        check_replaceable(path)
    return folder
