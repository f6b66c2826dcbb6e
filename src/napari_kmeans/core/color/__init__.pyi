from .color_code import (
    CELL_SHIFT as CELL_SHIFT,
    N_CELLS as N_CELLS,
    N_CODES as N_CODES,
    SUBCELL_SHIFT as SUBCELL_SHIFT,
    decode_colors as decode_colors,
    encode_colors as encode_colors,
    encode_rows as encode_rows,
)
from .colorspace import (
    COLOR_SPACES as COLOR_SPACES,
    ColorSpace as ColorSpace,
    linear_from_srgb as linear_from_srgb,
    oklab_from_linear as oklab_from_linear,
    to_color_space as to_color_space,
)
from .scaling import (
    SCALINGS as SCALINGS,
    Scaling as Scaling,
    ScalingKind as ScalingKind,
    learn_scaling as learn_scaling,
)
from .space import Space as Space
from .value_code import decode_values as decode_values, encode_values as encode_values
