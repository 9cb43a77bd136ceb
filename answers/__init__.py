"""Behind main.py: its command line, the answer sheet, the drawings, the film and the page."""
