"""What is read of napari's layers, once, and the cache of it."""
