from .counts import ColorCounts as ColorCounts
from .merge import Summary as Summary, merge_summaries as merge_summaries
from .one_pass import (
    check_mask as check_mask,
    chosen_level as chosen_level,
    iter_summarize as iter_summarize,
    summarize as summarize,
)
from .sample import (
    PixelSample as PixelSample,
    distinct_rows as distinct_rows,
    place_hashes as place_hashes,
)
from .thinning import thin as thin
