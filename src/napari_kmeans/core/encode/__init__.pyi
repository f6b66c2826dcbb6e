from .alpha import flattened as flattened
from .encoding import (
    Format as Format,
    encode as encode,
    format_of as format_of,
    is_zarr as is_zarr,
    write_image as write_image,
)
from .indexed import MOST_COLORS as MOST_COLORS
from .ome_zarr import (
    iter_write_zarr as iter_write_zarr,
    read_painted as read_painted,
    write_zarr as write_zarr,
)
from .photo import decode as decode, encode_photo as encode_photo
from .png import Effort as Effort
from .to_size import (
    largest_that_fits as largest_that_fits,
    least_error as least_error,
    most_colors as most_colors,
)
