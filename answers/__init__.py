"""What stands behind main.py: its command line, the answer sheet beside the published answers, and the drawings."""
