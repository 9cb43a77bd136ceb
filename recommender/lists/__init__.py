"""Lists: which items to show a user, best first. A list model orders all items; it predicts no rating."""
