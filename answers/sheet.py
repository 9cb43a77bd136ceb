"""The answer sheet: prints answers beside the published ones."""


def say(line=""):
    """Print a line, at once."""
    print(line, flush=True)


class Sheet:
    """Prints answers; if `published`, beside the published ones."""

    def __init__(self, published):
        self.published = published
        self.rows = []  # {"tab", "label", "value", "published", "mark", "note"}, as printed; None if not compared
        self._title = ""

    @property
    def marks(self):
        """For each compared answer, whether it is the published one."""
        return [row["mark"] for row in self.rows if row["mark"] is not None]

    def title(self, title):
        """Print the title of the next answers."""
        self._title = title
        say(f"\n{title}")

    def answer(self, label, value, published=None, shown=".6f", quoted=".4f", tolerance=1e-4, note=""):
        """Print one answer. Some published ones are rounded, some cut: the last digit may differ by one."""
        line, mark, quotation = f"  {label:<8}{value:>20{shown}}", None, None
        if self.published and published is not None:
            mark, quotation = abs(value - published) < tolerance, f"{published:{quoted}}"
            line += f"   published {quotation:>18}  {'ok' if mark else 'DIFFERS'}"
        say(line + note)
        self.rows.append({"tab": self._title, "label": label.strip(), "value": f"{value:{shown}}",
                          "published": quotation, "mark": mark, "note": note})

    def conclusion(self):
        """Return the result of the comparison, "" if nothing was compared."""
        wrong = self.marks.count(False)
        if not self.marks:
            return ""
        return (f"{wrong} of {len(self.marks)} answers differ from the published ones." if wrong else
                f"All {len(self.marks)} published answers obtained.")

    def close(self):
        """Print the result of the comparison; return the exit status."""
        if self.marks:
            say(f"\n{self.conclusion()}")
        return 1 if False in self.marks else 0
