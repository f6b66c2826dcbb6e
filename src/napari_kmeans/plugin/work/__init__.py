"""What happens off the Qt thread: runs, and what follows a moving field."""
