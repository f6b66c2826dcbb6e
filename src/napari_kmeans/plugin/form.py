"""What the fields of the dock ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari.layers import Image

from napari_kmeans.estimator import PixelKMeans
from napari_kmeans.plugin.controls.fields import NONE, parse_weights
from napari_kmeans.plugin.layers.pair import read_masks
from napari_kmeans.plugin.reading.kept import Choice
from napari_kmeans.plugin.reading.reading import Recipe
from napari_kmeans.plugin.reading.source import Source, read_source
from napari_kmeans.plugin.run import Request
from napari_kmeans.plugin.work.worker import check_together

if TYPE_CHECKING:
    from collections.abc import Mapping

    from magicgui.widgets import Widget
    from napari.layers import Layer

    from napari_kmeans._typing import Array
    from napari_kmeans.plugin.layers.results import Results


class Form:
    """The fields, read as what they ask for.

    Parameters
    ----------
    viewer : napari.Viewer
    results : Results
        The layers of the runs before, which are no sources.
    fields : mapping of str to Widget
        By name, as of `KMeansWidget`.
    """

    def __init__(
        self, viewer: Any, results: Results, fields: Mapping[str, Widget]
    ) -> None:
        self._viewer, self._results, self._fields = viewer, results, fields

    @property
    def axis(self) -> int | None:
        """The axis that holds channels."""
        axis: int | str = self._value("channel_axis")
        return None if isinstance(axis, str) else axis

    @property
    def is_of_channels(self) -> bool:
        """Whether the values of channels are asked for, rather than colors."""
        return self._value("use_selected") or self.axis is not None

    @property
    def tidying(self) -> dict[str, Any]:
        """What is done after a fit, as of `Recipe`."""
        return {
            "limits_result": self._value("limits_result"),
            "majority": self._value("majority") | 1,  # a window has a middle
            "sieve": self._value("sieve"),
        }

    @property
    def look(self) -> tuple[Any, ...]:
        """The fields that layers follow while a run is under way."""
        names = ("n_clusters", "quality", "method", "color_space", "random_state")
        dither = ("dither", "dither_strength")
        return tuple(self._value(name) for name in (*names, *dither))

    def source(self) -> Source:
        """Return the image, or the selected layers that are its channels.

        Raises
        ------
        UnsupportedImageError
            If it cannot be clustered.
        """
        return read_source(self._chosen(), channel_axis=self.axis)

    def source_and_level(self) -> tuple[Source, int] | None:
        """Return what would be read, if there is an image."""
        is_empty = self._value("image") is None
        return None if is_empty else (self.source(), self._value("level"))

    def sharing(self) -> list[Image]:
        """Return the other selected layers, that can have the palette of the image."""
        first = self._value("image")
        found = [it for it in self._selected() if self._results.source_of(it) is None]
        is_one = self._value("use_selected") or first not in found
        return [] if is_one else [it for it in found if it != first]

    def recipe(self, layer: Image, source: Source) -> Recipe:
        """Return what is done around the fit of an image.

        Raises
        ------
        UnsupportedImageError
            If the region does not fit it.
        """
        where = self._value("where")
        return Recipe(
            level=self._value("level"),
            masks=None if where == NONE else read_masks(where, layer, source),
            sigma=self._value("sigma"),
            checkpoint=self._value("checkpoint"),
            **self.tidying,
        )

    def choice(self, layer: Image) -> Choice:
        """Return all that decides what is read of an image."""
        chosen = self._chosen()
        layers: list[Layer] = chosen if isinstance(chosen, list) else [layer]
        where = self._value("where")
        if where != NONE:
            layers = [*layers, where]
        return Choice.of(layers, self.axis, self._value("level"), self._value("sigma"))

    def estimator(self, source: Source, fixed_colors: Array | None) -> PixelKMeans:
        """Return what finds the colors of a source.

        Raises
        ------
        ValueError
            If a field does not fit the others.
        """
        refine, scaling = self._value("refine"), self._value("scaling")
        km = PixelKMeans(
            self._value("n_clusters"),
            quality=self._value("quality"),
            method=self._value("method"),
            color_space=self._value("color_space"),
            random_state=self._value("random_state"),
            channel_axis=source.channel_axis,
            alpha=source.has_alpha,
            scaling=None if scaling == NONE else scaling,
            channel_weights=parse_weights(self._value("channel_weights")),
            refine=refine if refine == "until" else int(refine),
            dither=self._value("dither"),
            dither_strength=self._value("dither_strength"),
        )
        if fixed_colors is not None:
            km.set_params(fixed_colors=fixed_colors)
        km.check_params()
        check_together(km, **self.tidying)
        return km

    def others(self, layers: list[Image], km: PixelKMeans) -> tuple[Request, ...]:
        """Return what is asked for the layers that share the palette."""
        sigma = self._value("sigma")
        return tuple(
            Request(
                layer,
                Choice.of([layer], self.axis, 0, sigma),
                read_source(layer, channel_axis=self.axis),
                Recipe(sigma=sigma, **self.tidying),
                km,
                None,
            )
            for layer in layers
        )

    def _value(self, name: str) -> Any:
        field: Any = self._fields[name]
        return field.value

    def _selected(self) -> list[Image]:
        return [
            layer
            for layer in self._viewer.layers
            if layer in self._viewer.layers.selection and isinstance(layer, Image)
        ]

    def _chosen(self) -> Image | list[Image]:
        selected = self._selected()
        if self._value("use_selected") and len(selected) > 1:
            return selected
        chosen: Image = self._value("image")
        return chosen
