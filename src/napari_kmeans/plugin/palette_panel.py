"""The palette as something to play with: a row a class, edits, undo and redo."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from napari.qt.threading import create_worker
from napari.utils.notifications import show_error
from napari.utils.theme import get_theme
from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from napari_kmeans._typing import Array
from napari_kmeans.core import edit
from napari_kmeans.core.session import EditSession
from napari_kmeans.plugin.edited_layers import EditedLayers
from napari_kmeans.plugin.features import write_csv
from napari_kmeans.plugin.palette_actions import PaletteActions
from napari_kmeans.plugin.palette_dialogs import ask_color, ask_csv_path, ask_value
from napari_kmeans.plugin.palette_model import (
    SORTS,
    Column,
    PaletteModel,
    colored_icon,
)
from napari_kmeans.plugin.palette_table import PaletteTable
from napari_kmeans.plugin.physical import pixel_size
from napari_kmeans.plugin.picking import Picker
from napari_kmeans.plugin.rendering import first_state
from napari_kmeans.plugin.splitting import split_in_two

if TYPE_CHECKING:
    import napari
    from napari.layers import Image, Labels, Layer

    from napari_kmeans.core.edit import Edit, EditedPalette
    from napari_kmeans.plugin.source import Source
    from napari_kmeans.plugin.worker import Clustering

_LEAST_ROWS = 6


class PalettePanel(QWidget):
    """The classes of a clustering, to be read, found in the picture and edited.

    Parameters
    ----------
    viewer : napari.Viewer

    Attributes
    ----------
    state : EditedPalette or None
        What is shown; None before there is a clustering.
    source_layer : Layer or None
        That was clustered.
    layers : EditedLayers or None
        Through which the state reaches the viewer.
    """

    refit_requested = Signal()
    """The fixed colors have changed in a way that only another fit can show."""

    image_replaced = Signal(object, object)
    """The layer that was clustered, and the Image layer that shows it from now on."""

    def __init__(self, viewer: napari.Viewer) -> None:
        super().__init__()
        self._viewer = viewer
        self.layers: EditedLayers | None = None
        self.source_layer: Layer | None = None
        self._session: EditSession | None = None
        self._sessions: WeakKeyDictionary[Layer, EditSession] = WeakKeyDictionary()
        self._followed = 0
        self._is_splitting = False
        self._is_draft = False
        self.table = PaletteTable(PaletteModel(self._rename))
        self._picker = Picker(viewer, self._select_picked)
        self.commands = PaletteActions(self)
        self._lay_out()
        self._connect()
        self._use_theme()
        self.clear()

    # ------------------------------------------------------- for the dock

    @property
    def state(self) -> EditedPalette | None:
        """The palette as it was edited."""
        return None if self._session is None else self._session.state

    def fixed_colors(self, layer: Layer) -> Array | None:
        """Return what the next fit of a layer has to keep or to bring, (m, C).

        None if that is nothing.
        """
        session = self._sessions.get(layer)
        if session is None or not len(session.state.fixed_colors):
            return None
        return session.state.fixed_colors

    def set_result(
        self,
        layer: Layer,
        image: Image,
        labels: Labels,
        source: Source,
        clustering: Clustering,
    ) -> None:
        """Show a clustering; what was locked or wanted before is found in it.

        Parameters
        ----------
        layer : Layer
            That was clustered; its edits are carried on.
        image, labels : Image, Labels
            The layers that show the clustering.
        source : Source
        clustering : Clustering
        """
        self._detach()
        self._is_draft = False
        self.source_layer = layer
        fresh, before = first_state(source, clustering), self.state
        self._session = self._sessions.get(layer)
        if self._session is None:
            self._session = self._sessions[layer] = EditSession(fresh)
        else:
            self._session.adopt(fresh)
        self.layers = EditedLayers(self._viewer, image, labels, source, clustering)
        self.layers.image_replaced.connect(partial(self.image_replaced.emit, layer))
        self._followed = labels.selected_label
        labels.events.selected_label.connect(self._follow_layer)
        self._picker.labels = labels
        self.setVisible(True)
        # the labels of another palette are other classes
        is_same = before is not None and self._session.state.has_fit_of(before)
        self._show(None if is_same else [])

    def show_draft(self, layer: Layer, source: Source, clustering: Clustering) -> None:
        """Show the classes of a first look at a layer; edits wait for the rest."""
        if self.layers is not None:
            self.layers.pause()
        self._is_draft = True
        self.table.classes.show(first_state(source, clustering), pixel_size(layer))
        self.table.fit_columns()
        self.setVisible(True)
        self._offer()

    def abandon(self) -> None:
        """Show again what was shown before drafts, or before a fit was asked for."""
        if self._session is None or self.layers is None:
            self.clear()
        elif self._is_draft or self._session.awaits_fit:
            self._is_draft = False
            self._session.abandon()
            self.layers.resume()
            self._show()

    def clear(self) -> None:
        """Show nothing, since there is no clustering."""
        self._detach()
        self._session = None
        self.layers = None
        self._is_draft = False
        self._pick.setChecked(False)
        self.table.classes.show(None, None)
        self._offer()
        self.setVisible(False)

    def _detach(self) -> None:
        if self.layers is not None:
            self.layers.pause()
            self.layers.labels.events.selected_label.disconnect(self._follow_layer)

    # ------------------------------------------------------------ building

    def _connect(self) -> None:
        for action, slot in (
            (self.commands.recolor, self._ask_color),
            (self.commands.rename, self._edit_name),
            (self.commands.hide, self._toggle_hidden),
            (self.commands.lock, self._toggle_locked),
            (self.commands.merge, self._merge_selected),
            (self.commands.split, self._split_selected),
            (self.commands.add, self._ask_wanted),
            (self.commands.undo, self._step_back),
            (self.commands.redo, self._step_on),
            (self.commands.save, self._ask_path),
        ):
            action.triggered.connect(slot)
        self._sort.currentTextChanged.connect(self.table.sort_by)
        self._pick.toggled.connect(self._picker.turn)
        self.table.labels_selected.connect(self._follow_selection)
        self.table.doubleClicked.connect(self._recolor_cell)
        self.table.clicked.connect(self._toggle_cell)
        self.table.customContextMenuRequested.connect(self._open_menu)
        self._viewer.events.theme.connect(self._use_theme)
        self._viewer.dims.events.ndisplay.connect(self._refresh_colors)

    def _lay_out(self) -> None:
        self._sort = QComboBox()
        self._sort.addItems(SORTS)
        self._sort.setToolTip("By what the classes are sorted.")
        self._pick = QPushButton("Pick")
        self._pick.setCheckable(True)
        self._pick.setToolTip("Click in the picture to select the class that is there.")
        top = QHBoxLayout()
        top.addWidget(QLabel("Sort by"))
        top.addWidget(self._sort)
        top.addStretch()
        top.addWidget(self._pick)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(top)
        layout.addWidget(self.table, 1)
        layout.addLayout(self.commands.buttons())
        self.table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        rows = self.table.verticalHeader()
        assert rows is not None
        self.table.setMinimumHeight((_LEAST_ROWS + 1) * rows.defaultSectionSize())

    def _open_menu(self, at: Any) -> None:
        viewport = self.table.viewport()
        assert viewport is not None
        self.commands.menu().exec(viewport.mapToGlobal(at))

    def _use_theme(self) -> None:
        color = get_theme(self._viewer.theme).icon.as_hex()
        icons = {name: colored_icon(name, color) for name in ("visibility", "lock")}
        for name in ("visibility_off", "lock_open"):
            icons[name] = colored_icon(name, color, 0.4)
        self.table.classes.use_icons(icons)
        self._pick.setIcon(colored_icon("picker", color))

    # ------------------------------------------------------------- showing

    def _show(self, select: list[int] | None = None) -> None:
        """Show the present state everywhere, and select rows."""
        state, layers = self.state, self.layers
        if state is None or layers is None:
            return
        labels = self.table.selected_labels() if select is None else select
        self.table.classes.show(state, layers.size)
        self.table.fit_columns()
        layers.apply(state)
        self.table.select_labels(labels)
        self._offer()

    def _offer(self) -> None:
        """Enable what can be done with the rows that are selected."""
        session = self._session
        if session is None:
            for action in self.actions():
                action.setEnabled(False)
            return
        self.table.setEnabled(not session.awaits_fit and not self._is_draft)
        classes = {one.label: one for one in session.state.classes}
        labels = self.table.selected_labels()
        chosen = [classes[label] for label in labels if label in classes]
        is_idle = not self._is_splitting and not self._is_draft
        self.commands.offer(session, chosen, is_idle)

    def _follow_selection(self, labels: list[int]) -> None:
        if self.layers is None or not self.table.isEnabled():
            return
        self._offer()
        self._highlight()
        if len(labels) == 1:
            self._followed = labels[0]
            self.layers.labels.selected_label = labels[0]

    def _highlight(self) -> None:
        if self.layers is not None:
            self.layers.highlight(self.table.selected_labels())

    def _refresh_colors(self) -> None:
        if self.layers is not None:
            self.layers.refresh_colors()

    def _follow_layer(self) -> None:
        """Select what was picked with napari's own tool."""
        if self.layers is None:
            return
        label = self.layers.labels.selected_label
        if label != self._followed:  # it also tells of the same one in a new color
            self._followed = label
            self._select_picked(label)

    def _select_picked(self, label: int) -> None:
        self.table.select_labels([label])

    # -------------------------------------------------------------- editing

    def _perform(self, change: Edit, select: list[int] | None = None) -> None:
        if self._session is not None:
            self._session.perform(change)
            self._show(select)

    def _rename(self, label: int, name: str) -> None:
        self._perform(partial(edit.rename, label=label, name=name))

    def _edit_name(self) -> None:
        index = self.table.currentIndex()
        self.table.edit(index.siblingAtColumn(Column.NAME))

    def _recolor_cell(self, index: Any) -> None:
        if index.column() == Column.COLOR:
            self._ask_color()

    def _ask_color(self) -> None:
        """Let a color be chosen, and show it while it is."""
        state, layers = self.state, self.layers
        labels = self.table.selected_labels()
        if state is None or layers is None or len(labels) != 1:
            return
        (label,) = labels
        ask_color(
            self,
            f"Color of {state[label].name or f'label {label}'}",
            first=state[label].color,
            preview=lambda color: layers.apply(edit.recolor(state, label, color)),
            choose=lambda color: self._perform(
                partial(edit.recolor, label=label, color=color)
            ),
            cancel=self._show,
        )

    def _toggle_cell(self, index: Any) -> None:
        label = index.data(Qt.ItemDataRole.UserRole)
        if self.state is None:
            return
        one = self.state[label]
        if index.column() == Column.VISIBLE:
            self._set_hidden([label], not one.is_hidden)
        elif index.column() == Column.LOCKED:
            self._set_locked([label], not one.is_locked)

    def _toggle_hidden(self) -> None:
        self._set_hidden(
            self.table.selected_labels(), self.commands.hide.text() == "Hide"
        )

    def _toggle_locked(self) -> None:
        self._set_locked(
            self.table.selected_labels(), self.commands.lock.text() == "Lock"
        )

    def _set_hidden(self, labels: list[int], is_hidden: bool) -> None:
        self._perform(partial(edit.hide, labels=labels, is_hidden=is_hidden))

    def _set_locked(self, labels: list[int], is_locked: bool) -> None:
        self._perform(partial(edit.lock, labels=labels, is_locked=is_locked))

    def _merge_selected(self) -> None:
        self._perform(partial(edit.merge, labels=self.table.selected_labels()))

    def _split_selected(self) -> None:
        labels = self.table.selected_labels()
        if self.state is None or self.layers is None or len(labels) != 1:
            return
        before, layers = self.state, self.layers
        worker = create_worker(
            split_in_two,
            before,
            labels[0],
            layers.source,
            layers.clustering,
            _start_thread=False,
            _ignore_errors=True,
        )

        def take(after: EditedPalette) -> None:
            if self.state is before:  # nothing came in between
                self._perform(lambda _: after, [labels[0], after.classes[-1].label])

        worker.returned.connect(take)
        worker.errored.connect(lambda error: show_error(str(error)))
        worker.finished.connect(self._end_split)
        self._is_splitting = True
        self._offer()
        worker.start()

    def _end_split(self) -> None:
        self._is_splitting = False
        self._offer()

    def _ask_wanted(self) -> None:
        """Ask for a color, or a value, and for the fit that brings it."""
        if self.state is None or self.layers is None:
            return
        white = self.layers.clustering.summary.pixels.white
        if self.state.fitted.shape[1] == 3:
            ask_color(
                self,
                "Add a color",
                choose=lambda color: self.want([white * value for value in color]),
            )
            return
        colors = self.layers.clustering.summary.colors
        value = ask_value(self, (float(colors.min()), float(colors.max())))
        if value is not None:
            self.want([value])

    def want(self, color: Sequence[float]) -> None:
        """Ask for a fit that brings a color, in values of the image."""
        if self._session is not None:
            self._session.want(color)
            self._ask_fit()

    def _step_back(self) -> None:
        if self._session is not None:
            self._session.undo()
            self._show_or_fit()

    def _step_on(self) -> None:
        if self._session is not None:
            self._session.redo()
            self._show_or_fit()

    def _show_or_fit(self) -> None:
        if self._session is not None and self._session.awaits_fit:
            self._ask_fit()
        else:
            self._show()

    def _ask_fit(self) -> None:
        self._offer()
        self.refit_requested.emit()

    def _ask_path(self) -> None:
        if self.layers is not None:
            path = ask_csv_path(self, self.layers.labels.name)
            if path is not None:
                self.save_csv(path)

    def save_csv(self, path: str) -> None:
        """Write the features of the labels to a file."""
        if self.layers is not None:
            try:
                write_csv(self.layers.labels.features, path)
            except OSError as error:
                show_error(f"The table was not saved: {error}")
