from .batches import (
    in_batches as in_batches,
    now_on_region as now_on_region,
    on_region as on_region,
    on_regions as on_regions,
)
from .distributed import connected as connected, current_client as current_client
from .fingerprint import corner as corner, digest as digest, read_here as read_here
from .schedulers import (
    Computing as Computing,
    computing as computing,
    runs_here as runs_here,
    while_waiting as while_waiting,
)
from .workers import (
    Worker as Worker,
    iter_workers as iter_workers,
    probe_of as probe_of,
)
