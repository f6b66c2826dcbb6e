"""The "K-means" dock: reads its fields, starts the run, hangs the layers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from magicgui.widgets import (
    Container,
    Label,
    ProgressBar,
    PushButton,
    Widget,
)
from napari.layers import Image, Labels, Layer, Shapes
from napari.qt.threading import GeneratorWorker, create_worker
from napari.utils.notifications import notification_manager, show_error
from qtpy.QtWidgets import QSizePolicy

from napari_kmeans.core.metrics import mean_squared_error, peak_signal_noise_ratio
from napari_kmeans.core.pixels import UnsupportedImageError
from napari_kmeans.estimator import PixelKMeans
from napari_kmeans.plugin.fields import (
    NONE,
    axis_choices,
    folded,
    form_of,
    level_choices,
    main_fields,
    more_fields,
    parse_weights,
)
from napari_kmeans.plugin.layers import layer_data, read_masks, show
from napari_kmeans.plugin.palette_panel import PalettePanel
from napari_kmeans.plugin.source import Source, read_source
from napari_kmeans.plugin.worker import (
    Clustering,
    Progress,
    Recipe,
    iter_cluster,
    warm_up,
)

if TYPE_CHECKING:
    import napari

MOST_BYTES_COMPUTED = 1 << 30
"""Up to this size, results of a lazy image are computed before they are shown:
the viewer would compute them on its own thread, and stand still."""


class KMeansWidget(Container[Any]):
    """Sort the pixels of an image into k colors.

    Parameters
    ----------
    napari_viewer : napari.Viewer

    Attributes
    ----------
    image : ComboBox
        The Image layer to cluster; follows the active layer.
    n_clusters : Slider
        2 to 256.
    color_space : ComboBox
        How the difference of two colors is measured.
    keep_previous : CheckBox
        Whether a run adds layers rather than update those of the run before.
    use_selected, channel_axis, scaling, channel_weights
        What the channels are, and how they are made comparable.
    level, where, limits_result
        What is read of a pyramid, and the region that counts.
    sigma, majority, sieve
        What is smoothed before, and tidied after.
    refine, random_state
        Passes over all pixels, and the seed.
    palette : PalettePanel
        The classes of the last run, below all fields.
    run, cancel : PushButton
    progress : ProgressBar
    message : Label
        What the last run came to, or why there can be none.
    """

    def __init__(self, napari_viewer: napari.Viewer) -> None:
        super().__init__()
        self._viewer = napari_viewer
        self._worker: GeneratorWorker[Any, Any, Any] | None = None
        self._shown: WeakKeyDictionary[Layer, tuple[Layer, Layer]] = WeakKeyDictionary()
        main = main_fields(self._image_layers)
        more = more_fields(self._region_layers)
        for name, field in (main | more).items():
            setattr(self, name, field)
        self.run = PushButton(text="Quantize", tooltip="Find the colors (one pass).")
        self.progress = ProgressBar(label="", tooltip="How far the run has come.")
        self.cancel = PushButton(
            text="Cancel", tooltip="Stop the run. No layer is changed."
        )
        self.message = Label(value="")
        self.message.native.setWordWrap(True)
        self.message.native.setSizePolicy(
            QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred
        )
        in_run: list[Widget] = [self.progress, self.cancel]
        self._running = Container(
            widgets=in_run,
            layout="horizontal",
            labels=False,
            visible=False,
        )
        self._running.margins = (0, 0, 0, 0)
        self.labels = False
        self.extend([self.run, self._running, self.message])
        self.native.setMinimumWidth(300)
        layout = self.native.layout()
        layout.insertLayout(0, form_of(main.values()))
        layout.insertWidget(1, folded("Channels, region, tidying…", more.values()))
        self.palette = PalettePanel(napari_viewer)
        layout.addWidget(self.palette, 1)
        layout.addStretch()  # while there is no palette
        self._connect()

    @property
    def is_running(self) -> bool:
        """Whether a run is under way."""
        return self._worker is not None

    @property
    def is_warming(self) -> bool:
        """Whether the code of a run is still being compiled or loaded."""
        return self._warming

    def _connect(self) -> None:
        self.run.changed.connect(self._start)
        self.cancel.changed.connect(self._cancel)
        self.image.changed.connect(self._offer)
        self.use_selected.changed.connect(self._describe)
        self.channel_axis.changed.connect(self._describe)
        self.palette.refit_requested.connect(self._refit)
        self.palette.image_replaced.connect(self._follow_image)
        layers = self._viewer.layers
        for event in (
            layers.events.inserted,
            layers.events.removed,
            layers.events.reordered,
            layers.events.renamed,
        ):
            event.connect(self._refresh_images)
        layers.selection.events.active.connect(self._follow_active)
        layers.selection.events.changed.connect(self._describe)
        self._refresh_images()
        worker = create_worker(warm_up, _start_thread=False)
        self._warming = True
        worker.finished.connect(self._warmed)
        worker.start()

    def _warmed(self) -> None:
        self._warming = False

    def _image_layers(self, _: Any) -> list[Image]:
        return [layer for layer in self._viewer.layers if isinstance(layer, Image)]

    def _region_layers(self, _: Any) -> list[tuple[str, Any]]:
        found = [it for it in self._viewer.layers if isinstance(it, Labels | Shapes)]
        return [("None", NONE), *((layer.name, layer) for layer in found)]

    def _refresh_images(self) -> None:
        self.image.reset_choices()
        self.where.reset_choices()
        self._follow_active()
        self._offer()

    def _follow_active(self) -> None:
        active = self._viewer.layers.selection.active
        if active in self.image.choices:
            self.image.value = active

    def _chosen(self) -> Image | list[Image]:
        """Return the image, or the selected ones that are its channels."""
        selected = [
            layer
            for layer in self._viewer.layers
            if layer in self._viewer.layers.selection and isinstance(layer, Image)
        ]
        if self.use_selected.value and len(selected) > 1:
            return selected
        return self.image.value

    def _offer(self) -> None:
        """Offer the axes and the levels that the chosen image has."""
        for field, choices in (
            (self.channel_axis, axis_choices(self.image.value)),
            (self.level, level_choices(self.image.value)),
        ):
            field.choices = choices
            field.enabled = len(choices) > 1
        self._describe()

    def _describe(self) -> None:
        """Say whether the chosen image can be clustered."""
        if self.is_running:
            return
        layer = self.image.value
        self.run.enabled = layer is not None
        self.message.value = ""
        if layer is None:
            self.message.value = "Open an image to begin."
            return
        try:
            self._source()
        except UnsupportedImageError as error:
            self.message.value = str(error)

    def _source(self) -> Source:
        axis = self.channel_axis.value
        return read_source(self._chosen(), channel_axis=None if axis == NONE else axis)

    def _recipe(self, layer: Image, source: Source) -> Recipe:
        where = self.where.value
        return Recipe(
            level=self.level.value,
            masks=None if where == NONE else read_masks(where, layer, source),
            limits_result=self.limits_result.value,
            sigma=self.sigma.value,
            majority=self.majority.value | 1,  # a window has a middle
            sieve=self.sieve.value,
        )

    def _estimator(self, source: Source) -> PixelKMeans:
        refine = self.refine.value
        km = PixelKMeans(
            self.n_clusters.value,
            color_space=self.color_space.value,
            random_state=self.random_state.value,
            channel_axis=source.channel_axis,
            alpha=source.has_alpha,
            scaling=None if self.scaling.value == NONE else self.scaling.value,
            channel_weights=parse_weights(self.channel_weights.value),
            refine=refine if refine == "until" else int(refine),
        )
        km.check_params()
        return km

    def _start(self) -> None:
        if self.is_running or self.image.value is None:
            return
        layer = self.image.value
        try:
            source = self._source()
            km = self._estimator(source)
            recipe = self._recipe(layer, source)
        except ValueError as error:
            show_error(str(error))
            return
        worker = create_worker(
            iter_cluster,
            source,
            km,
            recipe,
            lazy_above=MOST_BYTES_COMPUTED,
            scheduler="threads",
            _start_thread=False,
            _ignore_errors=True,
        )
        worker.yielded.connect(lambda state: self._take(layer, source, state))
        worker.errored.connect(self._fail)
        worker.aborted.connect(self._say_cancelled)
        worker.finished.connect(self._idle)
        self._worker = worker
        self.run.visible = False
        self._running.visible = True
        self.cancel.enabled = True
        waits = "Preparing, on first use only" if self._warming else "Reading"
        self._show_progress(Progress(waits, 0, 0))
        worker.start()

    def _cancel(self) -> None:
        if self._worker is not None:
            self.cancel.enabled = False
            self._worker.quit()

    def _take(self, layer: Layer, source: Source, state: Progress | Clustering) -> None:
        if isinstance(state, Progress):
            self._show_progress(state)
        elif self._worker is None or not self._worker.abort_requested:
            self._show_layers(layer, source, state)

    def _show_progress(self, state: Progress) -> None:
        self.progress.max = state.total  # 0 is a bar that only says "busy"
        self.progress.value = min(state.done, state.total)
        self.message.value = f"{state.step}…"

    def _show_layers(
        self, layer: Layer, source: Source, clustering: Clustering
    ) -> None:
        layers = self._viewer.layers
        before = None if self.keep_previous.value else self._shown.get(layer)
        image, labels = layer_data(source, clustering)
        self._shown[layer] = (
            show(self._viewer, before and before[0], image),
            show(self._viewer, before and before[1], labels),
        )
        self.palette.set_result(layer, *self._shown[layer], source, clustering)
        if layer in layers:
            layers.selection.active = layer
        self.message.value = _report(clustering)

    def _refit(self) -> None:
        """Run again, since the palette is to have other fixed colors."""
        if self.palette.source_layer in self.image.choices:
            self.image.value = self.palette.source_layer
            self._start()
        if not self.is_running:
            self.palette.abandon_request()

    def _follow_image(self, image: Image) -> None:
        """Remember the layer that the palette had to put in the place of another."""
        layer = self.palette.source_layer
        if layer in self._shown:
            self._shown[layer] = image, self._shown[layer][1]

    def _fail(self, error: Exception) -> None:
        self.message.value = f"Failed: {error}"
        if isinstance(error, ValueError):
            show_error(str(error))
        else:
            notification_manager.receive_error(type(error), error, error.__traceback__)

    def _say_cancelled(self) -> None:
        self.message.value = "Cancelled. No layer was changed."

    def _idle(self) -> None:
        self._worker = None
        self.palette.abandon_request()  # if the run brought nothing
        self._running.visible = False
        self.run.visible = True


def _report(clustering: Clustering) -> str:
    km, summary = clustering.km, clustering.summary
    n_colors = len(km.palette_)
    if summary.n_unique_colors is None:
        return f"{n_colors} classes of {summary.n_pixels:,} pixels"
    error = mean_squared_error(summary, km.palette_, km.space_)
    psnr = peak_signal_noise_ratio(error, summary.pixels.white)
    loss = f"PSNR {psnr:.1f} dB" if error else "without loss"
    return f"{summary.n_unique_colors:,} colors → {n_colors}\n{loss}"
