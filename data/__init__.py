"""The course's files: found, verified, loaded; or the built-in sample in their place.

    source = data.find(data.TOY)          # where from, and whether verified
    X = data.toy(source)
"""

from console import InputError
from data.course import NETFLIX, TEST_CASE, TOY
from data.files import is_truth, netflix, test_case, toy
from data.source import Source, find, may_read

__all__ = ["NETFLIX", "TEST_CASE", "TOY", "InputError", "Source", "find", "is_truth", "may_read", "netflix",
           "test_case", "toy"]
