"""Where else the answers go: pictures, the film, the page."""

from pathlib import Path

import pages
from answers import drawings, film
from answers.page import page


class Show:
    """Draws pictures and the film in another process (`background`, a pool), and collects the page's parts.

    What the user has not asked for is left out.
    """

    def __init__(self, background=None, figures=None, film_file=None, page_file=None):
        self.background, self.figures, self.film_file, self.page_file = background, figures, film_file, page_file
        self.stories, self._begun = {}, []
        if figures or film_file:
            self._begin(drawings.load)  # while the data are read

    def _begin(self, function, *arguments):
        self._begun.append(self.background.submit(function, *arguments))

    def wait(self):
        """Wait until everything is drawn; raise the drawing's errors."""
        for drawn in self._begun:
            drawn.result()

    def picture(self, name, draw, *arguments):
        """Start to draw the picture `name`, which draw(*arguments) returns."""
        if self.figures:
            self._begin(drawings.write, Path(self.figures, name), draw, *arguments)

    def film(self, X, hard, soft):
        """Start to draw the film of two runs."""
        if self.film_file:
            self._begin(film.write, self.film_file, X, hard, soft)

    def story(self, half, summarise, *arguments):
        """Keep summarise(*arguments), the page's part on one half of the assignment."""
        if self.page_file:
            self.stories[half] = summarise(*arguments)

    def write_page(self, description, rows, conclusion, answers):
        """Write the page."""
        if self.page_file:
            pages.write(self.page_file, page(description, rows, conclusion, answers, self.stories))
