from .carrying_over import carry_over as carry_over
from .operations import (
    Edit as Edit,
    hide as hide,
    lock as lock,
    merge as merge,
    paint as paint,
    recolor as recolor,
    rename as rename,
    split as split,
    want as want,
)
from .relabeling import part_of as part_of, relabel as relabel
from .session import EditSession as EditSession, align as align
from .state import (
    RGB as RGB,
    EditedPalette as EditedPalette,
    PaletteClass as PaletteClass,
    Strokes as Strokes,
    edited_palette as edited_palette,
)
from .strokes import strokes_of as strokes_of
