from .assign import iter_write as iter_write, predict as predict, repaint as repaint
from .codebook import Codebook as Codebook
from .dither.choice import (
    DITHERS as DITHERS,
    NOT_FOR_MEASURING as NOT_FOR_MEASURING,
    DitherName as DitherName,
    check_can_dither as check_can_dither,
    chosen_dither as chosen_dither,
    dithers_of as dithers_of,
)
from .preview import Sketch as Sketch, sketch as sketch
