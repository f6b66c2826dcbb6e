"""The layers that show a result: hung, edited, drawn anew, written to files."""
