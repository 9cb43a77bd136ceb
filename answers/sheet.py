"""The answer sheet: answers printed, beside the published ones where these hold."""

import numpy as np

import data


def say(line=""):
    """Print a line, at once."""
    print(line, flush=True)


class Sheet:
    """The answer sheet: prints answers, beside the published ones where `published` says that they hold."""

    def __init__(self, published):
        self.published = published
        self.marks = []

    def answer(self, label, value, published=None, shown=".6f", quoted=".4f", tolerance=1e-4, note=""):
        """Print one answer. Of the published ones some are rounded, some cut: the last digit may differ by one."""
        line = f"  {label:<8}{value:>20{shown}}"
        if self.published and published is not None:
            self.marks.append(abs(value - published) < tolerance)
            line += f"   published {published:>18{quoted}}  {'ok' if self.marks[-1] else 'DIFFERS'}"
        say(line + note)

    def close(self):
        """Print what the comparison came to; return the exit status."""
        wrong = self.marks.count(False)
        if self.marks:
            say(f"\n{wrong} of {len(self.marks)} answers differ from the published ones." if wrong else
                f"\nAll {len(self.marks)} published answers obtained.")
        return 1 if wrong else 0


def what_rmse_measures(X, complete):
    """Return a sentence on what agreement of a filling with `complete` means, by what that holds in the gaps of X."""
    gap = X == 0
    over = (f"The RMSE is over all {X.size} entries; the {X.size - np.count_nonzero(gap)} known ones are kept as they"
            " are and add 0.")
    if gap.any() and not data.is_truth(X, complete):
        return (f"{over}\n  The complete matrix holds one same value in all gaps of a user, so it measures agreement"
                " with that filling,\n  not how well ratings are predicted.")
    return f"{over}\n  It measures how far the filling is from the ratings that the complete matrix holds in the gaps."
