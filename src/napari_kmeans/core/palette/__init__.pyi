from .paint import paint_rows as paint_rows
from .palette import Palette as Palette, hex_colors as hex_colors
