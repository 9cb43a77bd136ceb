"""A page to recommend from: one file for a browser, in which people rate items and get recommendations at once.

    page         what the page holds, and its text
    numbers.js   predictions and intervals in the browser, as factorization.py and intervals.py compute them
    search.js    finds titles as titles.py does
    people.js    who rates, and their ratings, which stay in the browser
    map.js       a map of the items
    view.js      what is seen: search, ratings, lists, an item
"""
