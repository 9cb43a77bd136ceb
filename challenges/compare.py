"""Compares all models on the course's matrix, or the sample in its place: `python -m challenges.compare`.

One rating in ten is hidden from the models, which `python -m recommender evaluate` then compares as it does for
anybody's ratings. Beside the RMSE on these stands the course's (python -m challenges.gold says what that measures),
and, where the complete matrix holds true ratings, as the sample's does, the RMSE over all gaps.
"""

import os

if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # one thread a product: models run side by side

import sys
from pathlib import Path

import data
from console import JSON, Parser, check_outputs, escaped, pictures_in, run_program, write_json
from data.course import CHECKSUMS
from recommender import catalogue, evaluate, sources, splits
from recommender.holdout import FRACTION, TEST_SEED


def main(argv=None):
    parser = Parser(description="Compare models on ratings hidden from training.", epilog=catalogue.in_words())
    parser.add_argument("--data", metavar="PATH", help="folder with the course's files, or netflix.tar.gz")
    parser.add_argument("--json", metavar="FILE", help="write the table to FILE, anew after each model")
    parser.add_argument("--figures", metavar="DIR", default="figures/challenges",
                        help="folder for pictures (%(default)s)")
    parser.add_argument("--no-figures", action="store_true", help="draw no pictures")
    parser.add_argument("--only", metavar="NAME", nargs="+", help="fit these models alone")
    options = parser.parse_args(argv)

    chosen = catalogue.select(options.only)
    folder = None if options.no_figures else Path(options.figures)
    check_outputs([*pictures_in(folder, evaluate.PICTURES), ("--json", options.json, JSON)],
                  data.may_read(data.NETFLIX, options.data), CHECKSUMS)
    source = sources.of_course(options.data)
    split = splits.by_share(source.table, FRACTION, TEST_SEED)
    evaluate.run(source, split, chosen, folder, lambda result: options.json and write_json(options.json, result))
    if options.json is not None:
        print(f"table: {escaped(options.json)}")
    return 0


if __name__ == "__main__":
    sys.exit(run_program(main))
