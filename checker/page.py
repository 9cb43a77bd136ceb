"""Writes docs/mistakes.md, the page of usual mistakes, from the catalogue: python -m checker.page"""

import sys
from pathlib import Path

from checker import mistakes
from checker.complaints import NAMES, REMOVED, USUAL
from checker.stages import STEPS
from console import Parser, run_program

PAGE = Path(__file__).resolve().parent.parent / "docs" / "mistakes.md"
_INTRODUCTION = """\
# Usual mistakes

This page lists what often goes wrong in solutions of this project, and where to look. You can read it without running
anything. [The checker](checker.md) recognises these mistakes by their numbers, also two or three of them together.

Notation: X holds the ratings, (n, d), with 0 for a missing rating. C_u are the movies that user u rated. post holds the
soft counts, (n, K), and n_j is their sum over the users. The mixture is mu (K, d), var (K,) and p (K,).

*`python -m checker.page` writes this page from the checker's catalogue.*
"""
_SECTIONS = [  # step, and the other step whose mistakes are not listed again
    ("em.estep", None), ("em.mstep", None), ("em.fill_matrix", None), ("naive_em.estep", "em.estep"),
    ("naive_em.mstep", "em.mstep"), ("kmeans.estep", None), ("kmeans.mstep", "naive_em.mstep"), ("common.rmse", None),
    ("common.bic", None),
]


def page():
    """Return the text of the page."""
    rules = {rule.name: rule for rule in reversed(mistakes.STOPPING)}.values()
    removed, undefined = ([f"| `{name}` | `{instead}` |" for name, instead in names.items()]
                          for names in (REMOVED, NAMES))
    return "\n".join([
        _INTRODUCTION, *(_section(*each) for each in _SECTIONS),
        f"## run\n\n{_list(mistakes.RUN)}\n",
        f"{mistakes.RULE} {mistakes.COST_RULE} Other rules give other results:\n",
        f"{_list(reversed(rules))}\n",
        f"## What is returned, and how\n\n{_list(mistakes.FORM)}\n",
        f"## Errors\n\n{_list(mistakes.Cause(_title(usual), usual.advice) for usual in USUAL)}\n",
        "\n".join(["## Names that are not defined", "", "| name | write |", "|---|---|", *undefined]) + "\n",
        "\n".join(["## Names that NumPy no longer has", "", "| old | write |", "|---|---|", *removed]) + "\n"])


def _section(step, other):
    """Return the section of a step, without the mistakes that the section of another step lists."""
    known = {mistake.name for mistake in STEPS[other].mistakes} if other else set()
    own = [mistake for mistake in STEPS[step].mistakes if mistake.name not in known]
    own += {mistake.name: mistake for mistake in mistakes.SMALL_DENSITIES}.values() if step == "em.estep" else ()
    module, function = step.split(".")
    also = f"The mistakes of {other} that do not concern gaps{', and:' if own else '.'}\n\n" if other else ""
    return f"## {module}.py: {function}\n\n{also}{_list(own)}\n" if own else f"## {module}.py: {function}\n\n{also}"


def _title(usual):
    """Return the name of an exception and the beginning of its message."""
    message = usual.message.split("|")[0].replace("(0-dimensional", "0-dimensional").replace(".*", "...")
    return f"{usual.kind}{': ' + message if message else ''}"


def _list(entries):
    return "\n".join(f"- **{one.name}**: {one.advice}" for one in entries)


def main(argv=None):
    Parser(description="Write docs/mistakes.md, the page of usual mistakes, from the catalogue.").parse_args(argv)
    PAGE.write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(run_program(main))
