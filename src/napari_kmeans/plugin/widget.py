"""The "K-means" dock: reads its fields, and says what comes of them."""

from __future__ import annotations

import atexit
from collections.abc import Iterable
from dataclasses import replace
from functools import partial
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
from napari.utils.notifications import show_error
from qtpy.QtCore import Qt
from qtpy.QtGui import QKeySequence
from qtpy.QtWidgets import QHBoxLayout, QShortcut, QSizePolicy, QWidget
from superqt.utils import WorkerBase

from napari_kmeans.errors import (
    ChunkError,
    ClusterError,
    StoreLostError,
    UnsupportedImageError,
)
from napari_kmeans.plugin import report
from napari_kmeans.plugin.cluster import ClusterChoice
from napari_kmeans.plugin.compare.panel import open_panel
from napari_kmeans.plugin.controls.fields import (
    NONE,
    axis_choices,
    folded,
    form_of,
    level_choices,
    main_fields,
    more_fields,
)
from napari_kmeans.plugin.controls.focus import FocusFollower
from napari_kmeans.plugin.controls.guide import GuideButton, GuideWindow
from napari_kmeans.plugin.controls.scrolling import ScrollingBody
from napari_kmeans.plugin.curve.file_size import is_picture
from napari_kmeans.plugin.curve.panel import CurvePanel
from napari_kmeans.plugin.defaults import chosen_defaults
from napari_kmeans.plugin.form import Form
from napari_kmeans.plugin.palette.panel import PalettePanel
from napari_kmeans.plugin.reading.reading import Progress, Reading
from napari_kmeans.plugin.reading.source import Source, check_alike
from napari_kmeans.plugin.reading.view import view_of
from napari_kmeans.plugin.run import Request, Runner
from napari_kmeans.plugin.work.job import GeneratorJob, show_failure
from napari_kmeans.plugin.work.worker import Clustering, iter_warm_up

if TYPE_CHECKING:
    import napari

    from napari_kmeans.core.image import OnError
    from napari_kmeans.estimator import PixelKMeans
    from napari_kmeans.plugin.reading.kept import Choice

# A script that ends without `napari.run` would take their signals from workers.
atexit.register(WorkerBase.await_workers)


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
    quality : ComboBox
        How much is done for colors that leave less error.
    color_space : ComboBox
        How the difference of two colors is measured.
    share_palette : CheckBox
        Whether the selected layers get one palette; there while several are.
    keep_previous : CheckBox
        Whether a run adds layers rather than update those of the run before.
    use_selected, channel_axis, scaling, channel_weights
        What the channels are, and how they are made comparable.
    level, where, limits_result
        What is read of a pyramid, and the region that counts.
    sigma, majority, sieve
        What is smoothed before, and tidied after.
    refine, method, random_state
        Passes over all pixels, how colors are found, and the seed.
    dither, dither_strength
        How colors are mixed.
    checkpoint, compute_on, address, test
        What keeps the reading, and where the image is read.
    run, cancel : PushButton
    go_on : PushButton
        After a chunk could not be read: run again without it.
    progress : ProgressBar
    message : Label
        What the last run came to, or why there can be none.
    curve : CurvePanel
        What other numbers of colors come to.
    palette : PalettePanel
        The classes of the last run.
    guides : GuideWindow
        What "?" and F1 open.
    """

    def __init__(self, napari_viewer: napari.Viewer) -> None:
        super().__init__()
        self._viewer = napari_viewer
        self._reports: WeakKeyDictionary[Layer, str] = WeakKeyDictionary()
        self._notes: WeakKeyDictionary[Layer, str] = WeakKeyDictionary()
        self._together: list[Image] = []
        main = main_fields(self._image_layers)
        more = more_fields(self._region_layers)
        for name, field in (main | more).items():
            setattr(self, name, field)
        for name, value in chosen_defaults().items():
            getattr(self, name).value = value
        self.run = PushButton(text="Quantize", tooltip="Find the colors (one pass).")
        self.progress = ProgressBar(label="", tooltip="How far the run has come.")
        self.cancel = PushButton(
            text="Cancel",
            tooltip="Stop the run. What it has shown by now stays.",
        )
        self.go_on = PushButton(
            text="Go on without it",
            tooltip="Run again; what cannot be read of the image gets the label 0.",
            visible=False,
        )
        self.message = Label(value="", tooltip="What the last run came to.")
        self.message.native.setWordWrap(True)
        self.message.native.setSizePolicy(
            QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred
        )
        self.help = GuideButton("kitten")
        self.curve = CurvePanel(self._viewer)
        self.palette = PalettePanel(self._viewer)
        self._lay_out(main.values(), more.values())
        self._runner = Runner(napari_viewer, self.native)
        self._form = Form(self._viewer, self._runner.results, main | more)
        self.cluster = ClusterChoice(more, self._form.source_and_level, self.native)
        self.cluster.told.connect(self._tell_test)
        self.guides = GuideWindow(napari_viewer, self.native)
        FocusFollower(self.native)
        self._connect()

    def _lay_out(self, main: Iterable[Widget], more: Iterable[Widget]) -> None:
        in_run: list[Widget] = [self.progress, self.cancel]
        self._running = Container(
            widgets=in_run,
            layout="horizontal",
            labels=False,
            visible=False,
        )
        self._running.margins = (0, 0, 0, 0)
        self.labels = False
        self.margins = (0, 0, 0, 0)
        body = ScrollingBody()  # filled from top to bottom, as Tab goes
        self.native.layout().addWidget(body)
        body.rows.addLayout(form_of(main))
        body.rows.addWidget(folded("Channels, region, tidying…", more))
        self.extend([self.run, self._running, self.message, self.go_on])
        row = QHBoxLayout()
        body.rows.addLayout(row)
        for widget in (self.run.native, self._running.native, self.help):
            row.addWidget(widget)
        QWidget.setTabOrder(self.cancel.native, self.help)
        for part in (self.message.native, self.go_on.native, self.curve):
            body.rows.addWidget(part)
        body.rows.addWidget(self.palette, 1)
        body.rows.addStretch()  # while there is no palette
        body.guard_fields()

    @property
    def is_running(self) -> bool:
        """Whether a run is under way."""
        return self._runner.is_running

    @property
    def is_moving(self) -> bool:
        """Whether the layers are still to follow the fields."""
        return self._runner.is_moving

    @property
    def is_warming(self) -> bool:
        """Whether the code of a run is still being compiled or loaded."""
        return self._warming

    def _connect(self) -> None:
        self.run.changed.connect(lambda: self._start())
        self.go_on.changed.connect(lambda: self._start("skip"))
        self.cancel.changed.connect(self._cancel)
        for field in (
            self.n_clusters,
            self.quality,
            self.method,
            self.color_space,
            self.scaling,
            self.channel_weights,
            self.majority,
            self.sieve,
            self.limits_result,
            self.random_state,
            self.dither,
            self.dither_strength,
        ):
            field.changed.connect(self._move)
        self._runner.began.connect(self._show_run)
        self._runner.progressed.connect(self._show_progress)
        self._runner.drafted.connect(self._tell_draft)
        self._runner.found.connect(self._tell)
        self._runner.failed.connect(self._fail)
        self._runner.cancelled.connect(self._tell_cancelled)
        self._runner.ended.connect(self._idle)
        self._runner.changed.connect(self._tell_changed)
        self.curve.chosen.connect(self._choose)
        self.palette.editor.refit_requested.connect(self._refit)
        self.palette.editor.image_replaced.connect(self._runner.results.replace_image)
        self._connect_guides()
        self.palette.export.comparing.connect(self._compare)
        self.image.changed.connect(self._offer)
        self.dither.changed.connect(self._offer_strength)
        self.use_selected.changed.connect(self._describe)
        self.channel_axis.changed.connect(self._describe)
        layers = self._viewer.layers
        for event in (
            layers.events.inserted,
            layers.events.removed,
            layers.events.reordered,
        ):
            event.connect(self._refresh_images)
        layers.events.renamed.connect(self._list_layers)
        layers.selection.events.active.connect(self._follow_active)
        layers.selection.events.changed.connect(self._describe)
        self._refresh_images()
        self._warming = True
        self._warm_up()

    def _connect_guides(self) -> None:
        for button in (self.help, self.curve.help, self.palette.help):
            button.clicked.connect(partial(self._open_guide, button))
        key = QShortcut(QKeySequence("F1"), self.native)
        key.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        key.activated.connect(lambda: self._open_guide(self.native.focusWidget()))

    def _warm_up(self) -> None:
        job = GeneratorJob(iter_warm_up)
        job.errored.connect(show_failure)
        job.finished.connect(self._warmed)
        stop = job.quit
        self.native.destroyed.connect(lambda: stop())
        job.start()

    def _warmed(self) -> None:
        self._warming = False
        if self.is_running:
            self._say_step(self._step)

    def _image_layers(self, _: Any) -> list[Image]:
        return [layer for layer in self._viewer.layers if isinstance(layer, Image)]

    def _region_layers(self, _: Any) -> list[tuple[str, Any]]:
        found = [it for it in self._viewer.layers if isinstance(it, Labels | Shapes)]
        return [("None", NONE), *((layer.name, layer) for layer in found)]

    def _list_layers(self) -> None:
        self.image.reset_choices()
        self.where.reset_choices()

    def _refresh_images(self) -> None:
        self._list_layers()
        self._follow_active()
        self._offer()

    def _follow_active(self) -> None:
        if self._runner.results.is_showing:
            return
        active = self._viewer.layers.selection.active
        source = None if active is None else self._runner.results.source_of(active)
        if source in self.image.choices:
            active = source  # a result is looked at with what it came from
        elif source is not None:
            active, _ = self._runner.results.pair(source) or (active, None)
        if active in self.image.choices:
            self.image.value = active

    def _offer(self) -> None:
        """Offer the axes and the levels that the chosen image has."""
        for field, choices in (
            (self.channel_axis, axis_choices(self.image.value)),
            (self.level, level_choices(self.image.value)),
        ):
            field.choices = choices
            field.enabled = len(choices) > 1
        self._describe()

    def _offer_strength(self) -> None:
        self.dither_strength.enabled = self.dither.value != NONE

    def _describe(self) -> None:
        """Say whether the chosen image can be clustered."""
        if self.is_running:
            return
        layer = self.image.value
        self.go_on.visible = False
        self.share_palette.visible = bool(self._form.sharing())
        self.run.enabled = layer is not None
        self.curve.show_of(layer)
        self.palette.editor.show_of(layer)
        self.message.value = ""
        if layer is None:
            self.message.value = report.NOTHING_OPEN
            return
        try:
            self._form.source()
        except UnsupportedImageError as error:
            self.message.value = str(error)
            return
        self.message.value = self._reports.get(layer, "")

    def _estimator(self, source: Source) -> PixelKMeans:
        fixed = self.palette.editor.fixed_colors(self.image.value, source)
        return self._form.estimator(source, fixed)

    def _start(self, on_error: OnError = "raise") -> None:
        layer = self.image.value
        if self.is_running or layer is None:
            return
        try:
            source = self._form.source()
            km = self._estimator(source)
            km.set_params(on_error=on_error)
            recipe = self._form.recipe(layer, source)
            sharing = self._form.sharing() if self.share_palette.value else []
            others = self._form.others(sharing, km)
            check_alike([source, *(it.source for it in others)])
        except ValueError as error:
            show_error(str(error))
            return
        view = view_of(self._viewer, layer, source.shapes, self._form.axis)
        self._notes.pop(layer, None)
        self._together = [layer, *sharing] if sharing else []
        self._runner.start(
            Request(
                layer,
                self._form.choice(layer),
                source,
                recipe,
                km,
                view,
                others,
                self.cluster.place,
            ),
            keeps=self.keep_previous.value,
        )

    def _move(self) -> None:
        """Let the layers follow a field, if the image was read already."""
        layer = self.image.value
        if self.is_running or layer is None:
            return
        choice = self._form.choice(layer)
        reading = self._runner.reading(layer, choice)
        if reading is None:
            return
        try:
            km = self._estimator(reading.source)
        except ValueError as error:
            self.message.value = str(error)
            return
        reading = self._tidied(choice, reading)
        view = view_of(self._viewer, layer, reading.shapes, self._form.axis)
        others = self._form.others(self._linked(layer), km)
        request = Request(
            layer, choice, reading.source, reading.recipe, km, view, others
        )
        if others:
            found = [self._runner.reading(it.layer, it.choice) for it in others]
            together = [
                self._tidied(it.choice, known)
                for it, known in zip(others, found, strict=True)
                if known is not None
            ]
            if len(together) == len(others):  # else there is one to be read
                self._runner.move_shared(request, [reading, *together])
        else:
            self._runner.move(request, reading)

    def _tidied(self, choice: Choice, reading: Reading) -> Reading:
        """Return a reading that is tidied as the fields say now."""
        recipe = replace(reading.recipe, **self._form.tidying)
        if recipe.tidying != reading.recipe.tidying:
            reading = replace(reading, recipe=recipe)
            self._runner.keep(choice, reading)
        return reading

    def _linked(self, layer: Image) -> list[Image]:
        """Return the other layers that got their palette together with one."""
        if layer not in self._together:
            return []
        return [it for it in self._together if it != layer and it in self.image.choices]

    def _open_guide(self, at: QWidget | None, _: bool = False) -> None:
        """Open the guide of the part of the dock where a widget is."""
        for panel in (self.curve, self.palette):
            if at is not None and panel.isAncestorOf(at):
                self.guides.open_guide(panel.help.guide)
                return
        image = self.image.value
        name = self.help.guide
        if self._form.is_of_channels:
            name = "channels"
        elif self.color_space.value == "hed":
            name = "stained-section"
        elif image is not None and image.multiscale:
            name = "pyramid"
        self.guides.open_guide(name)

    def _choose(self, n_clusters: int) -> None:
        self.n_clusters.value = n_clusters

    def _compare(self) -> None:
        if self.image.value is not None:
            open_panel(self._viewer, self.image.value, self.n_clusters.value)

    def _refit(self) -> None:
        """Find the colors again, since some of them are fixed now or free again."""
        editor = self.palette.editor
        if editor.source_layer in self.image.choices and not self.is_running:
            self.image.value = editor.source_layer
            n_fixed = 0 if editor.state is None else len(editor.state.fixed_colors)
            self.n_clusters.value = max(self.n_clusters.value, n_fixed)
            self._move()
            if not self.is_moving:
                self._start()  # it has changed since it was read
        if not self.is_moving and not self.is_running:
            editor.abandon()

    def _cancel(self) -> None:
        if self.is_running:
            self.cancel.enabled = False
            self._runner.cancel()

    def _show_run(self) -> None:
        self.run.visible = False
        self._running.visible = True
        self.go_on.visible = False
        self.cancel.enabled = True
        self._asked = self._form.look
        self._is_drafted = False
        self._show_progress(Progress("Reading", 0, 0))

    def _show_progress(self, state: Progress) -> None:
        is_under_way = state.done < state.total
        self.progress.max = state.total if is_under_way else 0  # 0 only says "busy"
        self.progress.value = state.done if is_under_way else 0
        self._say_step(f"{state.step}…")

    def _say_step(self, step: str) -> None:
        self._step = step
        shown = [step]
        if self._warming:
            shown.append(report.COMPILES)
        if self._is_drafted:
            shown.append(report.FIRST_LOOK)
        self.message.value = "\n".join(shown)

    def _tell_draft(self, layer: Layer, source: Source, clustering: Clustering) -> None:
        self.palette.editor.show_draft(layer, source, clustering)
        if self.is_running:
            self._is_drafted = True
            self._say_step(self._step)
        else:
            self._say(layer, report.outcome(clustering))
        self.curve.mark(layer, len(clustering.km.palette_))

    def _tell(self, layer: Layer, reading: Reading, clustering: Clustering) -> None:
        self._say(layer, report.outcome(clustering))
        self.curve.mark(layer, len(clustering.km.palette_))
        picture = reading if is_picture(reading) else None
        self.curve.draw(layer, reading.summary, clustering.km, picture)
        pair = self._runner.results.pair(layer)
        if pair is not None:
            self.palette.editor.set_result(layer, *pair, reading.source, clustering)
            self.palette.editor.show_of(self.image.value)

    def _say(self, layer: Layer, outcome: str) -> None:
        note = self._notes.get(layer)
        self._reports[layer] = f"{note}\n{outcome}" if note else outcome
        if layer is self.image.value:
            self.message.value = self._reports[layer]

    def _fail(self, error: Exception) -> None:
        self.palette.editor.abandon()
        self.message.value = f"Failed: {error}"
        self.go_on.visible = isinstance(error, ChunkError)
        if isinstance(error, ValueError | ChunkError | StoreLostError | ClusterError):
            show_error(str(error))
        else:
            show_failure(error)

    def _tell_cancelled(self, layer: Layer, reading: Reading | None) -> None:
        self.message.value = report.cancelled(reading)
        if reading is None:
            self.palette.editor.abandon()
        else:
            self._notes[layer] = self.message.value

    def _tell_test(self, text: str) -> None:
        if not self.is_running:
            self.message.value = text

    def _tell_changed(self, layer: Layer) -> None:
        self._reports.pop(layer, None)
        self.curve.forget(layer)
        if self.is_running:
            self._notes[layer] = report.CHANGED_MEANWHILE
        if layer is self.image.value and not self.is_running:
            self.message.value = report.HAS_CHANGED

    def _idle(self) -> None:
        self._running.visible = False
        self.run.visible = True
        if self._asked != self._form.look:  # a field was moved meanwhile
            self._move()
