"""What every program here shares: arguments, one-line errors, exit statuses, interrupts, files read and written.

    interrupts  what Ctrl-C and its kin do, from the first import to the last line
    program     arguments, errors in one line, exit statuses
    text        what is shown of names and words that are not ours
    inputs      any file that is read
    outputs     any file that is written
    cores       work on several cores
    progress    what is said to who waits

A program begins with `interrupts.end_at_once()`. So that this stands before all other imports, and not after those of
this package, the names below are loaded when they are asked for.
"""

_HOMES = {"InputError": "program", "Parser": "program", "real_number": "program", "run_program": "program",
          "whole_number": "program", "Progress": "progress", "digits": "text", "escaped": "text",
          "noun": "text", "program_name": "text", "hold": "interrupts", "open_file": "inputs", "read_file": "inputs",
          "check_folder_of": "outputs", "check_outputs": "outputs", "check_replaceable": "outputs",
          "make_folder": "outputs", "new_figure": "outputs", "write_csv": "outputs", "write_figure": "outputs",
          "write_file": "outputs", "write_json": "outputs"}
__all__ = list(_HOMES)


def __getattr__(name):
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
