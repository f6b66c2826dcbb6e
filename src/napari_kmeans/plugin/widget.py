"""The "K-means" dock: starts what its fields ask for, and shows what comes of it."""

from __future__ import annotations

import atexit
from functools import partial
from typing import TYPE_CHECKING, Any

from magicgui.widgets import Container, PushButton
from napari.utils.notifications import show_error
from qtpy.QtCore import Qt
from qtpy.QtGui import QKeySequence
from qtpy.QtWidgets import QHBoxLayout, QShortcut, QWidget
from superqt.utils import WorkerBase

from napari_kmeans.errors import ChunkError
from napari_kmeans.plugin.compare.panel import open_panel
from napari_kmeans.plugin.controls.fields import NONE, folded, form_of
from napari_kmeans.plugin.controls.focus import FocusFollower
from napari_kmeans.plugin.controls.guide import GuideButton, GuideWindow
from napari_kmeans.plugin.controls.scrolling import ScrollingBody
from napari_kmeans.plugin.curve.file_size import is_picture
from napari_kmeans.plugin.curve.panel import CurvePanel
from napari_kmeans.plugin.defaults import chosen_defaults
from napari_kmeans.plugin.following import LayerFollower
from napari_kmeans.plugin.form import Fields, Form
from napari_kmeans.plugin.palette.panel import PalettePanel
from napari_kmeans.plugin.run import Runner
from napari_kmeans.plugin.scheduler import SchedulerFields
from napari_kmeans.plugin.status import Status
from napari_kmeans.plugin.work.job import GeneratorJob, show_failure
from napari_kmeans.plugin.work.warm_up import iter_warm_up_all

if TYPE_CHECKING:
    import napari
    from napari.layers import Layer

    from napari_kmeans.core.image import OnError
    from napari_kmeans.plugin.reading.reading import Reading
    from napari_kmeans.plugin.reading.source import Source
    from napari_kmeans.plugin.work.painting import Clustering

# A script that ends without `napari.run` would take their signals from workers.
atexit.register(WorkerBase.await_workers)


class KMeansWidget(Fields):
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
        Whether the selected layers get one palette; shown while several are.
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
    status : Status
        Says what is in `message` and `progress`.
    curve : CurvePanel
        What other numbers of colors come to.
    palette : PalettePanel
        The classes of the last run.
    guides : GuideWindow
        What "?" and F1 open.
    help : GuideButton
    scheduler : SchedulerFields
        Shows `address` and `test` as far as they matter.
    """

    def __init__(self, napari_viewer: napari.Viewer) -> None:
        super().__init__(napari_viewer)
        self._viewer = napari_viewer
        self._asked: tuple[Any, ...] = ()
        for name, value in chosen_defaults().items():
            getattr(self, name).value = value
        self._runner = Runner(napari_viewer, self.native)
        self.status = Status(self.image, self._runner)
        self.message, self.progress = self.status.message, self.status.progress
        self.run = PushButton(text="Quantize", tooltip="Find the colors (one pass).")
        self.cancel = PushButton(
            text="Cancel",
            tooltip="Stop the run. What it has shown by now stays.",
        )
        self.go_on = PushButton(
            text="Go on without it",
            tooltip="Run again; what cannot be read of the image gets the label 0.",
            visible=False,
        )
        self._running: Container[Any] = Container(
            widgets=[self.progress, self.cancel],
            layout="horizontal",
            labels=False,
            visible=False,
        )
        self.help = GuideButton("kitten")
        self.curve = CurvePanel(self._viewer)
        self.palette = PalettePanel(self._viewer)
        self._lay_out()
        results, editor = self._runner.results, self.palette.editor
        self._form = Form(self._viewer, results, self, editor.fixed_colors)
        self.scheduler = SchedulerFields(
            self.compute_on,
            self.address,
            self.test,
            self._form.source_and_level,
            self.native,
        )
        self.guides = GuideWindow(napari_viewer, self.native)
        FocusFollower(self.native)
        self._connect()
        self._follower = LayerFollower(self._viewer, self, results, self._describe)
        self._follower.refresh()
        self._warm_up()

    def _lay_out(self) -> None:
        self._running.margins = (0, 0, 0, 0)
        self.margins = (0, 0, 0, 0)
        body = ScrollingBody()  # filled from top to bottom, as Tab goes
        self.native.layout().addWidget(body)
        body.rows.addLayout(form_of(self._main))
        body.rows.addWidget(folded("Channels, region, tidying…", self._more))
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
        return self.status.is_warming

    def _connect(self) -> None:
        self.run.changed.connect(lambda: self._start())
        self.go_on.changed.connect(lambda: self._start("skip"))
        self.cancel.changed.connect(self._cancel)
        self._connect_fields()
        self._runner.began.connect(self._show_run)
        self._runner.drafted.connect(self._show_draft)
        self._runner.found.connect(self._show_found)
        self._runner.failed.connect(self._fail)
        self._runner.cancelled.connect(self._end_cancelled)
        self._runner.ended.connect(self._idle)
        self._runner.changed.connect(self.curve.forget)
        self.curve.chosen.connect(self._choose)
        self.palette.editor.refit_requested.connect(self._refit)
        self.palette.editor.image_replaced.connect(self._runner.results.replace_image)
        self.palette.export.comparing.connect(self._compare)
        self.scheduler.told.connect(self.status.say)
        self._connect_guides()
        self._viewer.layers.selection.events.changed.connect(self._describe)

    def _connect_fields(self) -> None:
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
        self.dither.changed.connect(self._offer_strength)
        self.use_selected.changed.connect(self._describe)
        self.channel_axis.changed.connect(self._describe)

    def _connect_guides(self) -> None:
        for button in (self.help, self.curve.help, self.palette.help):
            button.clicked.connect(partial(self._open_guide, button))
        key = QShortcut(QKeySequence("F1"), self.native)
        key.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        key.activated.connect(lambda: self._open_guide(self.native.focusWidget()))

    def _warm_up(self) -> None:
        self.status.begin_warm_up()
        job = GeneratorJob(iter_warm_up_all)
        job.errored.connect(show_failure)
        job.finished.connect(self.status.end_warm_up)
        stop = job.quit
        self.native.destroyed.connect(lambda: stop())
        job.start()

    def _offer_strength(self) -> None:
        self.dither_strength.enabled = self.dither.value != NONE

    def _describe(self) -> None:
        """Show what belongs to the chosen image, and whether it can be clustered."""
        if self.is_running:
            return
        layer = self.image.value
        self.go_on.visible = False
        self.share_palette.visible = bool(self._form.sharing())
        self.run.enabled = layer is not None
        self.curve.show_of(layer)
        self.palette.editor.show_of(layer)
        self.status.describe(None if layer is None else self._form.problem)

    def _start(self, on_error: OnError = "raise") -> None:
        layer = self.image.value
        if self.is_running or layer is None:
            return
        try:
            request = self._form.request(layer, on_error=on_error)
        except ValueError as error:
            show_error(str(error))
            return
        self._runner.start(request, keeps=self.keep_previous.value)

    def _move(self) -> None:
        """Let the layers follow a field, if the image was read already."""
        layer = self.image.value
        if self.is_running or layer is None:
            return
        reading = self._runner.reading(layer, self._form.key(layer))
        if reading is None:
            return
        choices = self.image.choices
        sharing = [it for it in self._runner.sharing(layer) if it in choices]
        try:
            request = self._form.move(layer, reading, sharing)
        except ValueError as error:
            self.status.say(str(error))
            return
        self._runner.move(request)

    def _open_guide(self, at: QWidget | None, _: bool = False) -> None:
        """Open the guide of the part of the dock where a widget is."""
        for panel in (self.curve, self.palette):
            if at is not None and panel.isAncestorOf(at):
                self.guides.open_guide(panel.help.guide)
                return
        self.guides.open_guide(self._form.guide or self.help.guide)

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

    def _show_draft(self, layer: Layer, source: Source, clustering: Clustering) -> None:
        self.palette.editor.show_draft(layer, source, clustering)
        self.curve.mark(layer, len(clustering.km.palette_))

    def _show_found(
        self, layer: Layer, reading: Reading, clustering: Clustering
    ) -> None:
        self.curve.mark(layer, len(clustering.km.palette_))
        picture = reading if is_picture(reading) else None
        self.curve.draw(layer, reading.summary, clustering.km, picture)
        pair = self._runner.results.pair(layer)
        if pair is not None:
            self.palette.editor.set_result(layer, *pair, reading.source, clustering)
            self.palette.editor.show_of(self.image.value)

    def _fail(self, error: Exception) -> None:
        self.palette.editor.abandon()
        self.go_on.visible = isinstance(error, ChunkError)
        self.status.fail(error)

    def _end_cancelled(self, _: Layer, reading: Reading | None) -> None:
        if reading is None:
            self.palette.editor.abandon()

    def _idle(self) -> None:
        self._running.visible = False
        self.run.visible = True
        if self._asked != self._form.look:  # a field was moved meanwhile
            self._move()
