from .by_name import (
    METHODS as METHODS,
    MethodName as MethodName,
    find_centers as find_centers,
)
from .dask_ml import all_points as all_points, fit_all_pixels as fit_all_pixels
from .scikit_learn import is_clusterer as is_clusterer
