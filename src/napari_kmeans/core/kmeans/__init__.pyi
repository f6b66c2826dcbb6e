from .breathing import breathe as breathe
from .compiled_lloyd import (
    STRIDE as STRIDE,
    CompiledLloyd as CompiledLloyd,
    Groups as Groups,
)
from .lloyd import LloydState as LloydState, iter_lloyd as iter_lloyd
from .moments import (
    inertia_of as inertia_of,
    mass_of_clusters as mass_of_clusters,
    mean_variance as mean_variance,
    softening_of as softening_of,
    weighted_mean as weighted_mean,
)
from .optimal_1d import (
    iter_optimal_intervals as iter_optimal_intervals,
    optimal_intervals as optimal_intervals,
)
from .seeding import SEEDINGS as SEEDINGS, Seeding as Seeding, seed as seed
from .ward import MergeStep as MergeStep, iter_merges as iter_merges
