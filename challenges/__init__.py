"""What goes beyond the assignment; everything here uses the project and nothing in the project uses it."""
