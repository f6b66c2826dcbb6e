"""The palette as a table: its panel, its actions, its edits."""
