"""How fast, beside what a user would run instead. Each program measures its pairs in turn, in one process."""
