from .color_difference import (
    color_differences as color_differences,
    mean_ciede2000 as mean_ciede2000,
)
from .curve import KCurve as KCurve, k_curve as k_curve
from .error import (
    mean_squared_error as mean_squared_error,
    peak_signal_noise_ratio as peak_signal_noise_ratio,
)
from .fidelity import (
    Fidelity as Fidelity,
    difference_from_afar as difference_from_afar,
    fidelity_of as fidelity_of,
)
