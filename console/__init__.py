"""What every program shares.

    program     arguments, one-line errors, exit statuses, Ctrl-C
    text        how names and words from outside are shown
    inputs      any file that is read
    outputs     any file that is written
    cores       threads and processes
    memory      the memory that work takes
    progress    one line for a person who waits
"""

from console.inputs import open_file, read_file
from console.outputs import (
    CSV,
    GIF,
    HTML,
    JSON,
    PNG,
    Kind,
    begins_with,
    check_folder_of,
    check_outputs,
    check_replaceable,
    make_folder,
    new_figure,
    pictures_in,
    write_csv,
    write_figure,
    write_file,
    write_json,
)
from console.program import InputError, Parser, real_number, run_program, whole_number
from console.progress import Pace, Progress, about
from console.text import digits, escaped, noun, program_name

__all__ = ["CSV", "GIF", "HTML", "JSON", "PNG", "InputError", "Kind", "Pace", "Parser", "Progress", "about",
           "begins_with", "check_folder_of", "check_outputs", "check_replaceable", "digits", "escaped", "make_folder",
           "new_figure", "noun", "open_file", "pictures_in", "program_name", "read_file", "real_number", "run_program",
           "whole_number", "write_csv", "write_figure", "write_file", "write_json"]
