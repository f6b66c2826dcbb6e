from .boxes import (
    FEWEST_CENTERS as FEWEST_CENTERS,
    Boxes as Boxes,
    boxes_of_codes as boxes_of_codes,
    can_save as can_save,
    put_in_boxes as put_in_boxes,
)
from .kernels import (
    compare as compare,
    find_squares as find_squares,
    nearest_but as nearest_but,
    nearest_centers as nearest_centers,
    take_nearer as take_nearer,
)
from .nearest import assign_points as assign_points, nearest_colors as nearest_colors
from .pruning import reassign_in_boxes as reassign_in_boxes
