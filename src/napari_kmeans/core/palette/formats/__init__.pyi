from .swatch import (
    MOST_COLORS as MOST_COLORS,
    FormatError as FormatError,
    Swatch as Swatch,
    clean_name as clean_name,
)
