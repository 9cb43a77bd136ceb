"""Beyond the assignment: its "More challenge" and its black hole story. Everything here uses the project, nothing in it uses this."""
