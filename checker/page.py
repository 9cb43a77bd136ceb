"""The page of usual mistakes, docs/mistakes.md, made of the catalogue: python -m checker.page"""

import sys
from pathlib import Path

from checker import mistakes
from checker.complaints import MOVED, REMOVED, USUAL
from checker.stages import STEPS
from console import Parser, run_program

PAGE = Path(__file__).resolve().parent.parent / "docs" / "mistakes.md"
_INTRODUCTION = """\
# Usual mistakes

What goes wrong in solutions of this project, and where to look; nothing need be run to read it. The checker
([how to use it](checker.md)) recognises these by their numbers, two or three of them at once too.

Notation: X the ratings, (n, d), 0 where missing; C_u the movies that user u rated; post the soft counts, (n, K), and
n_j their sum over the users; mu (K, d), var (K,) and p (K,) the mixture.

*This page is made of the checker's catalogue by `python -m checker.page`.*
"""
_SECTIONS = [  # heading, step, and of which other step's mistakes only the rest is listed
    ("em.py: estep", "em.estep", None), ("em.py: mstep", "em.mstep", None),
    ("em.py: fill_matrix", "em.fill_matrix", None),
    ("naive_em.py: estep", "naive_em.estep", "em.estep"), ("naive_em.py: mstep", "naive_em.mstep", "em.mstep"),
    ("kmeans.py: estep", "kmeans.estep", None), ("kmeans.py: mstep", "kmeans.mstep", "naive_em.mstep"),
    ("common.py: rmse", "common.rmse", None), ("common.py: bic", "common.bic", None),
]
_RUN = [
    ("stops after one step", "The return is inside the loop, or old is set to new before they are compared."),
    ("last M-step missing",
     "The mixture is one M-step older than the course's beside this log-likelihood: leave the loop after the"
     " M-step, not between the two steps."),
    ("extra M-step",
     "The mixture is one M-step newer: leave the loop right after the M-step that follows the last E-step."),
    ("extra E-step",
     "post and log-likelihood are computed once more after the last M-step. Return those of the E-step before it."),
    ("M-step before the E-step",
     "The course begins each iteration with estep; the post that run is given is not used."),
    ("the loop does not end", f"{mistakes.RULE} Log-likelihoods are negative: without abs the rule is never met."),
    ("a step overwrites its arguments",
     "mu = mixture.mu makes no copy: what is written into mu is written into the mixture that run still uses. Write"
     " mixture.mu.copy(). Where no number is wrong for it, the checker says so in a remark."),
]
_FORM = [
    ("a log-likelihood of shape (1,)", "Return a number: value.item(), or leave out keepdims or an index like [0:1]."),
    ("transposed", "post is (n, K), mu is (K, d)."),
    ("wrong order", "estep returns post, log-likelihood; run returns mixture, post, log-likelihood (or cost)."),
    ("post for p", "p is the mean of post over the users, (K,), not post itself."),
    ("single precision", "Work in float64: float32 has too few digits for the stopping rule."),
    ("something is remembered between calls",
     "Look for global variables, and for values kept on the module or in default arguments."),
    ("a d x d covariance",
     "scipy.stats.multivariate_normal, or np.linalg.inv and det, work on d x d numbers for each user and component:"
     " hours on the Netflix matrix, and an error for a user without ratings. The covariance is var[j] times the"
     " identity: the density needs |C_u|, var[j] and the squared distance alone."),
    ("underflow",
     "With a thousand ratings a user the densities are 0 in floating point. Work with log p + log N throughout and"
     " logsumexp at the end; never exp of one density."),
]


def page():
    """Return the text of the page."""
    parts = [_INTRODUCTION]
    for heading, step, other in _SECTIONS:
        known = {mistake.name for mistake in STEPS[other].mistakes} if other else set()
        own = [(mistake.name, mistake.advice) for mistake in STEPS[step].mistakes if mistake.name not in known]
        parts.append(f"## {heading}\n")
        if other:
            parts.append(f"Those of {other} that are not about gaps{', and:' if own else '.'}\n")
        if own:
            parts.append(f"{_list(own)}\n")
        if step == "em.fill_matrix":
            rules = {rule.name: rule.advice for rule in reversed(mistakes.STOPPING)}.items()
            parts.append(f"## run\n\n{_list(_RUN)}\n\nStopping rules that are not the course's ({mistakes.RULE}"
                         f" K-means: {mistakes.COST_RULE})\n\n"
                         f"{_list(reversed(list(rules)))}\n")
    parts.append(f"## What is returned, and how\n\n{_list(_FORM)}\n")
    parts.append(f"## Errors\n\n{_list((_title(usual), usual.advice) for usual in USUAL)}\n")
    gone = [f"| `{name}` | `{instead}` |" for name, instead in REMOVED.items()]
    moved = [f"| `scipy.misc.{name}` | `{place}.{name}` |" for name, place in MOVED.items()]
    parts.append("\n".join(["## Names that are no more", "", "| was | write |", "|---|---|", *gone, *moved]) + "\n")
    return "\n".join(parts)


def _title(usual):
    """Return how an exception is announced: its name, and how its message begins."""
    message = usual.message.split("|")[0].replace("(0-dimensional", "0-dimensional").replace(".*", "...")
    return f"{usual.kind}{': ' + message if message else ''}"


def _list(entries):
    return "\n".join(f"- **{name}**: {advice}" for name, advice in entries)


def main(argv=None):
    Parser(description="Write docs/mistakes.md, the page of usual mistakes, anew from the catalogue.").parse_args(argv)
    PAGE.write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(run_program(main))
