"""How many colors: the curve over k, and its plot."""
