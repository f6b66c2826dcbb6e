"""What is read of napari's layers, once, and what is kept of it."""
