"""docs/mistakes.md, the page of usual mistakes, whose advice the checker quotes."""

import re
from functools import cache
from pathlib import Path

PAGE = Path(__file__).resolve().parent.parent / "docs" / "mistakes.md"


@cache
def sections():
    """Return {heading: {name: advice}}: the points of each section's list, or the rows of its table."""
    parts = PAGE.read_text(encoding="utf-8").split("\n## ")[1:]
    return {part.partition("\n")[0]: dict(re.findall(r"^- \*\*(.+?)\*\*: (.+)$", part, re.M)
                                          + re.findall(r"^\| `(.+?)` \| `(.+?)` \|$", part, re.M)) for part in parts}


def on_exception(kinds, message):
    """Return the advice on an exception of these classes, or None. `...` in a title stands for anything."""
    for title, advice in sections()["Errors"].items():
        kind, _, beginnings = title.partition(": ")
        if kind in kinds and any(re.search(".*".join(map(re.escape, one.split("..."))), message)
                                 for one in beginnings.split("; ")):
            return advice
    return None
