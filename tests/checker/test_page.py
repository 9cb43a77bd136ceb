"""docs/mistakes.md is what the catalogue says."""

from checker import page


def test_the_page_of_mistakes_is_current():
    assert page.PAGE.read_text(encoding="utf-8") == page.page(), "python -m checker.page makes it anew"
