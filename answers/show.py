"""Where the answers go besides the terminal: pictures, the film, the page."""

from pathlib import Path

import pages
from answers import drawings, film
from answers.page import page


class Show:
    """Takes what is to be shown, and shows it where the user has asked for it; by default nowhere.

    Pictures and the film are drawn in another process, `background`, a console.cores.processes; what the page needs is
    boiled down at once, so that large mixtures need not be kept.
    """

    def __init__(self, background=None, figures=None, film_file=None, page_file=None):
        self.background, self.figures, self.film_file, self.page_file = background, figures, film_file, page_file
        self.stories, self._begun = {}, []
        if figures or film_file:
            self._begin(drawings.load)  # while the data are read

    def _begin(self, function, *arguments):
        self._begun.append(self.background.submit(function, *arguments))

    def wait(self):
        """Wait for what is being drawn, and raise what went wrong in it."""
        for drawn in self._begun:
            drawn.result()

    def picture(self, name, draw, *arguments):
        """Have the picture `name` drawn that draw(*arguments) returns."""
        if self.figures:
            self._begin(drawings.write, Path(self.figures, name), draw, *arguments)

    def film(self, X, hard, soft):
        """Have the film of two runs drawn."""
        if self.film_file:
            self._begin(film.write, self.film_file, X, hard, soft)

    def story(self, half, boil_down, *arguments):
        """Keep boil_down(*arguments), what the page shows of one half of the assignment."""
        if self.page_file:
            self.stories[half] = boil_down(*arguments)

    def write_page(self, description, rows, conclusion, answers):
        """Write the page, where there is to be one."""
        if self.page_file:
            pages.write(self.page_file, page(description, rows, conclusion, answers, self.stories))
