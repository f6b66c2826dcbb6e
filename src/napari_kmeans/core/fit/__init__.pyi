from .coreset import CoresetPlan as CoresetPlan
from .effort import QUALITIES as QUALITIES, Quality as Quality, effort_of as effort_of
from .passes import Refinement as Refinement, iter_refine as iter_refine
from .points import (
    Points as Points,
    coarse_points as coarse_points,
    summary_points as summary_points,
)
from .rare_classes import RareClasses as RareClasses
from .rounding import round_to_palette as round_to_palette
from .search import Search as Search, iter_centers as iter_centers
