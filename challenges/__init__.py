"""Beyond the assignment: its "More challenge" and its black hole story. They use the project, nothing uses them."""
