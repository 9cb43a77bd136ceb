"""Compares all models on the course's matrix, or the sample in its place: `python -m challenges.compare`.

One rating in ten is hidden from the models, which `python -m recommender evaluate` then compares as it does for
anybody's ratings. Beside the RMSE on these stands the course's (python -m challenges.gold says what that measures),
and, where the complete matrix holds true ratings, as the sample's does, the RMSE over all gaps.
"""

if __name__ == "__main__":
    from console import interrupts

    interrupts.end_at_once()
    from console.cores import one_blas_thread

    one_blas_thread()  # each core has a model of its own to work on

import sys

import data
from console import Parser, check_outputs, escaped, run_program, write_json
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
    folder = check_outputs(options.json, None if options.no_figures else options.figures, evaluate.PICTURES,
                           data.may_read(data.NETFLIX, options.data), CHECKSUMS)
    source = sources.of_course(options.data)
    split = splits.by_share(source.table, FRACTION, TEST_SEED)
    evaluate.run(source, split, chosen, folder, lambda result: options.json and write_json(options.json, result))
    if options.json is not None:
        print(f"table: {escaped(options.json)}")
    return 0


if __name__ == "__main__":
    sys.exit(run_program(main))
