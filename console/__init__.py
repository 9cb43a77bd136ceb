"""What every program here shares: arguments, one-line errors, exit statuses, and files written whole or not at all."""

from console.files import check_outputs, check_replaceable, make_folder, whole_file, write_figure, write_json
from console.program import InputError, Parser, program_name, run_program, whole_number

__all__ = ["InputError", "Parser", "check_outputs", "check_replaceable", "make_folder", "program_name", "run_program",
           "whole_file", "whole_number", "write_figure", "write_json"]
