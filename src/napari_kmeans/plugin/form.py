"""The fields of the dock, and what they ask for."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from magicgui.widgets import (
    CheckBox,
    ComboBox,
    Container,
    FileEdit,
    FloatSlider,
    FloatSpinBox,
    LineEdit,
    PushButton,
    Slider,
    SpinBox,
)
from napari.layers import Image, Labels, Shapes

from napari_kmeans.errors import UnsupportedImageError
from napari_kmeans.estimator import PixelKMeans
from napari_kmeans.plugin.controls.fields import (
    NONE,
    main_fields,
    more_fields,
    parse_weights,
)
from napari_kmeans.plugin.layers.pair import read_masks
from napari_kmeans.plugin.reading.reading import Recipe
from napari_kmeans.plugin.reading.reading_cache import ReadingKey
from napari_kmeans.plugin.reading.source import Source, check_alike, read_source
from napari_kmeans.plugin.reading.view import view_of
from napari_kmeans.plugin.run import Request
from napari_kmeans.plugin.scheduler import Scheduler
from napari_kmeans.plugin.work.runs import check_together

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import napari
    from napari.layers import Layer

    from napari_kmeans._typing import Array
    from napari_kmeans.plugin.layers.results import Results
    from napari_kmeans.plugin.reading.reading import Reading
    from napari_kmeans.plugin.reading.view import View


class Fields(Container[Any]):
    """The fields of the dock, each an attribute of its name.

    Parameters
    ----------
    napari_viewer : napari.Viewer
        Of whose layers some offer a choice.
    """

    def __init__(self, napari_viewer: napari.Viewer) -> None:
        super().__init__(labels=False)
        main: dict[str, Any] = main_fields(partial(_image_layers, napari_viewer))
        more: dict[str, Any] = more_fields(partial(_region_layers, napari_viewer))
        self._main, self._more = tuple(main.values()), tuple(more.values())
        self.image: ComboBox = main["image"]
        self.n_clusters: Slider = main["n_clusters"]
        self.quality: ComboBox = main["quality"]
        self.color_space: ComboBox = main["color_space"]
        self.share_palette: CheckBox = main["share_palette"]
        self.keep_previous: CheckBox = main["keep_previous"]
        self.use_selected: CheckBox = more["use_selected"]
        self.channel_axis: ComboBox = more["channel_axis"]
        self.scaling: ComboBox = more["scaling"]
        self.channel_weights: LineEdit = more["channel_weights"]
        self.level: ComboBox = more["level"]
        self.where: ComboBox = more["where"]
        self.limits_result: CheckBox = more["limits_result"]
        self.sigma: FloatSpinBox = more["sigma"]
        self.majority: SpinBox = more["majority"]
        self.sieve: SpinBox = more["sieve"]
        self.refine: ComboBox = more["refine"]
        self.method: ComboBox = more["method"]
        self.dither: ComboBox = more["dither"]
        self.dither_strength: FloatSlider = more["dither_strength"]
        self.random_state: SpinBox = more["random_state"]
        self.checkpoint: FileEdit = more["checkpoint"]
        self.compute_on: ComboBox = more["compute_on"]
        self.address: LineEdit = more["address"]
        self.test: PushButton = more["test"]


def _image_layers(viewer: napari.Viewer, _: Any) -> list[Image]:
    return [layer for layer in viewer.layers if isinstance(layer, Image)]


def _region_layers(viewer: napari.Viewer, _: Any) -> list[tuple[str, Any]]:
    found = [it for it in viewer.layers if isinstance(it, Labels | Shapes)]
    return [("None", NONE), *((layer.name, layer) for layer in found)]


class Form:
    """The fields, read as what they ask for.

    Parameters
    ----------
    viewer : napari.Viewer
    results : Results
        The layers of the runs before, which are no sources.
    fields : Fields
    fixed_colors : callable
        Gives the (m, C) colors that a layer has to keep, or None, when it is asked
        with the layer and the Source.
    """

    def __init__(
        self,
        viewer: napari.Viewer,
        results: Results,
        fields: Fields,
        fixed_colors: Callable[[Layer, Source], Array | None],
    ) -> None:
        self._viewer, self._results, self._fields = viewer, results, fields
        self._fixed_colors = fixed_colors

    @property
    def axis(self) -> int | None:
        """The axis that holds channels."""
        axis: int | str = self._fields.channel_axis.value
        return None if isinstance(axis, str) else axis

    @property
    def tidying(self) -> dict[str, Any]:
        """What is done after a fit, as of `Recipe`."""
        fields = self._fields
        return {
            "limits_result": fields.limits_result.value,
            "majority": fields.majority.value | 1,  # a window has a middle
            "sieve": fields.sieve.value,
        }

    @property
    def look(self) -> tuple[Any, ...]:
        """The fields that layers follow while a run is under way."""
        fields = self._fields
        return tuple(
            field.value
            for field in (
                fields.n_clusters,
                fields.quality,
                fields.method,
                fields.color_space,
                fields.random_state,
                fields.dither,
                fields.dither_strength,
            )
        )

    @property
    def guide(self) -> str | None:
        """The name of the guide to such an image, if it has one of its own."""
        fields = self._fields
        image = fields.image.value
        if fields.use_selected.value or self.axis is not None:
            return "channels"
        if fields.color_space.value == "hed":
            return "stained-section"
        return "pyramid" if image is not None and image.multiscale else None

    @property
    def problem(self) -> str | None:
        """Why the image cannot be clustered, if it cannot."""
        try:
            self._source()
        except UnsupportedImageError as error:
            return str(error)
        return None

    def source_and_level(self) -> tuple[Source, int] | None:
        """Return what would be read, if there is an image.

        Returns
        -------
        source : Source
        level : int
            Of a pyramid; 0 is the finest.

        Raises
        ------
        UnsupportedImageError
            If it cannot be clustered.
        """
        if self._fields.image.value is None:
            return None
        return self._source(), self._fields.level.value

    def sharing(self) -> list[Image]:
        """Return the other selected layers, that can have the palette of the image."""
        first = self._fields.image.value
        found = [it for it in self._selected() if self._results.source_of(it) is None]
        is_one = self._fields.use_selected.value or first not in found
        return [] if is_one else [it for it in found if it != first]

    def key(self, layer: Image) -> ReadingKey:
        """Return all that decides what is read of an image.

        Parameters
        ----------
        layer : napari.layers.Image

        Returns
        -------
        ReadingKey
        """
        chosen = self._chosen()
        layers: list[Layer] = chosen if isinstance(chosen, list) else [layer]
        where = self._fields.where.value
        if where != NONE:
            layers = [*layers, where]
        level, sigma = self._fields.level.value, self._fields.sigma.value
        return ReadingKey.of(layers, self.axis, level, sigma)

    def request(self, layer: Image, **params: Any) -> Request:
        """Return what a run is asked for.

        Parameters
        ----------
        layer : napari.layers.Image
            The chosen one.
        **params
            Parameters of `PixelKMeans` that have no field.

        Returns
        -------
        Request

        Raises
        ------
        ValueError
            If a field does not fit the image, or the others.
        """
        source, fields = self._source(), self._fields
        km = self._estimator(layer, source).set_params(**params)
        recipe = self._recipe(layer, source)
        sharing = self.sharing() if fields.share_palette.value else []
        others = self._others(sharing, km)
        check_alike([source, *(it.source for it in others)])
        view = self._view(layer, source.shapes)
        scheduler = Scheduler(fields.compute_on.value, fields.address.value)
        key = self.key(layer)
        return Request(layer, key, source, recipe, km, view, others, scheduler)

    def move(self, layer: Image, reading: Reading, sharing: Sequence[Image]) -> Request:
        """Return what is asked for of an image that was read already.

        Parameters
        ----------
        layer : napari.layers.Image
            The chosen one.
        reading : Reading
            Of this layer.
        sharing : sequence of napari.layers.Image
            The others that share its palette.

        Returns
        -------
        Request

        Raises
        ------
        ValueError
            If a field does not fit the image, or the others.
        """
        km = self._estimator(layer, reading.source)
        recipe = replace(reading.recipe, **self.tidying)
        view = self._view(layer, reading.shapes)
        others = self._others(sharing, km)
        key = self.key(layer)
        return Request(layer, key, reading.source, recipe, km, view, others)

    def _source(self) -> Source:
        """Return the image, or the selected layers that are its channels."""
        return read_source(self._chosen(), channel_axis=self.axis)

    def _view(self, layer: Image, shapes: list[tuple[int, ...]]) -> View | None:
        return view_of(self._viewer, layer, shapes, self.axis)

    def _recipe(self, layer: Image, source: Source) -> Recipe:
        fields = self._fields
        where = fields.where.value
        checkpoint: Any = fields.checkpoint.value  # a single path: of a single file
        return Recipe(
            level=fields.level.value,
            masks=None if where == NONE else read_masks(where, layer, source),
            sigma=fields.sigma.value,
            checkpoint=checkpoint,
            **self.tidying,
        )

    def _estimator(self, layer: Image, source: Source) -> PixelKMeans:
        fields = self._fields
        refine, scaling = fields.refine.value, fields.scaling.value
        km = PixelKMeans(
            fields.n_clusters.value,
            quality=fields.quality.value,
            method=fields.method.value,
            color_space=fields.color_space.value,
            random_state=fields.random_state.value,
            channel_axis=source.channel_axis,
            alpha=source.has_alpha,
            scaling=None if scaling == NONE else scaling,
            channel_weights=parse_weights(fields.channel_weights.value),
            refine=refine if refine == "until" else int(refine),
            dither=fields.dither.value,
            dither_strength=fields.dither_strength.value,
        )
        fixed = self._fixed_colors(layer, source)
        if fixed is not None:
            km.set_params(fixed_colors=fixed)
        km.check_params()
        check_together(km, **self.tidying)
        return km

    def _others(self, layers: Sequence[Image], km: PixelKMeans) -> tuple[Request, ...]:
        """Return what is asked for of the layers that share the palette."""
        sigma = self._fields.sigma.value
        return tuple(
            Request(
                layer,
                ReadingKey.of([layer], self.axis, 0, sigma),
                read_source(layer, channel_axis=self.axis),
                Recipe(sigma=sigma, **self.tidying),
                km,
                None,
            )
            for layer in layers
        )

    def _selected(self) -> list[Image]:
        return [
            layer
            for layer in self._viewer.layers
            if layer in self._viewer.layers.selection and isinstance(layer, Image)
        ]

    def _chosen(self) -> Image | list[Image]:
        selected = self._selected()
        if self._fields.use_selected.value and len(selected) > 1:
            return selected
        chosen: Image = self._fields.image.value
        return chosen
