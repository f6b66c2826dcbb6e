from .swatch import (
    MOST_COLORS as MOST_COLORS,
    Swatch as Swatch,
    clean_name as clean_name,
)
