from hypothesis import settings

# the first example may wait for code to be compiled
settings.register_profile("napari-kmeans", deadline=None)
settings.load_profile("napari-kmeans")
