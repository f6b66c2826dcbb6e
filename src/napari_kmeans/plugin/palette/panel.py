"""The panel of a palette: a row for each class, edits, undo and redo."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from napari.utils.notifications import show_error
from napari.utils.theme import get_theme
from qtpy.QtCore import Qt, QTimer
from qtpy.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from napari_kmeans.core import edit
from napari_kmeans.plugin.controls.appearance import follow_theme
from napari_kmeans.plugin.controls.guide import GuideButton
from napari_kmeans.plugin.layers.picking import Picker
from napari_kmeans.plugin.palette.actions import PaletteActions
from napari_kmeans.plugin.palette.dialogs import ask_color, ask_path, ask_value
from napari_kmeans.plugin.palette.editor import PaletteEditor
from napari_kmeans.plugin.palette.export import write_classes
from napari_kmeans.plugin.palette.export_bar import ExportBar
from napari_kmeans.plugin.palette.model import (
    LABEL_ROLE,
    SORTS,
    Column,
    PaletteModel,
    class_icons,
    colored_icon,
)
from napari_kmeans.plugin.palette.table import PaletteTable

if TYPE_CHECKING:
    import napari

_GLANCE = 300
"""Milliseconds between looks at the features, which tell of no change in a cell."""


class PalettePanel(QWidget):
    """The classes of a clustering, to be read, found in the picture and edited.

    Parameters
    ----------
    viewer : napari.Viewer

    Attributes
    ----------
    editor : PaletteEditor
        What is shown, and what edits go to.
    table : PaletteTable
    sort : QComboBox
        In what order the rows stand.
    pick : QPushButton
        Whether a click in the picture selects a row.
    help : GuideButton
    sharing : QLabel
        How many images have the palette, if it is more than one.
    commands : PaletteActions
    export : ExportBar
    """

    def __init__(self, viewer: napari.Viewer) -> None:
        super().__init__()
        self._viewer = viewer
        self.editor = PaletteEditor(viewer)
        self.table = PaletteTable(PaletteModel(self.rename))
        self.sort = QComboBox()
        self.pick = QPushButton("Pick")
        self.help = GuideButton("palettes")
        self.sharing = QLabel()
        self.commands = PaletteActions(self)
        self.export = ExportBar(self.editor)
        self._picker = Picker(viewer, self._select)
        self._lay_out()
        self._connect()
        self._use_theme()
        self.setVisible(False)
        glance = QTimer(self)
        glance.timeout.connect(self.editor.read_names)
        glance.start(_GLANCE)

    def _lay_out(self) -> None:
        for order in SORTS:
            self.sort.addItem(f"By {order.lower()}", order)
        self.sort.setToolTip("In what order the classes stand.")
        self.pick.setCheckable(True)
        self.pick.setToolTip("Click in the picture to select the class that is there.")
        top = QHBoxLayout()
        top.addWidget(self.sort)
        top.addStretch()
        top.addWidget(self.pick)
        top.addWidget(self.help)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self.sharing.setWordWrap(True)
        layout.addLayout(top)
        layout.addWidget(self.sharing)
        layout.addWidget(self.table, 1)
        layout.addLayout(self.commands.buttons())
        layout.addWidget(self.export)
        self.table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)

    def _connect(self) -> None:
        for action, slot in (
            (self.commands.recolor, self._ask_color),
            (self.commands.rename, self._edit_name),
            (self.commands.hide, self._toggle_hidden),
            (self.commands.lock, self._toggle_locked),
            (self.commands.merge, self._merge),
            (self.commands.split, self._split),
            (self.commands.add, self._ask_wanted),
            (self.commands.undo, self.editor.undo),
            (self.commands.redo, self.editor.redo),
            (self.commands.save, self._ask_path),
        ):
            action.triggered.connect(slot)
        self.editor.changed.connect(self._show)
        self.sort.currentIndexChanged.connect(
            lambda: self.table.sort_by(self.sort.currentData())
        )
        self.pick.toggled.connect(self._picker.turn)
        self.table.labels_selected.connect(self._follow_selection)
        self.table.doubleClicked.connect(self._recolor_cell)
        self.table.clicked.connect(self._toggle_cell)
        self.table.customContextMenuRequested.connect(self._open_menu)
        follow_theme(self._viewer, self._use_theme)
        self._viewer.dims.events.ndisplay.connect(self._refresh_colors)

    def _open_menu(self, at: Any) -> None:
        viewport = self.table.viewport()
        assert viewport is not None
        self.commands.menu().exec(viewport.mapToGlobal(at))

    def _use_theme(self) -> None:
        color = get_theme(self._viewer.theme).icon.as_hex()
        self.table.classes.use_icons(class_icons(color))
        self.pick.setIcon(colored_icon("picker", color))

    # ------------------------------------------------------------- showing

    def _show(self, select: list[int] | None) -> None:
        """Show the classes as they are now, and select rows."""
        labels = self.table.selected_labels() if select is None else select
        state, size = self.editor.shown
        self.setVisible(state is not None)
        self.table.classes.show(state, size)
        self.table.fit_columns()
        n_images = len(self.editor.images.sharing())
        self.sharing.setText(f"Of {n_images} images: edits go to all of them.")
        self.sharing.setVisible(n_images > 1)
        layers = self.editor.layers
        self._picker.follow(None if layers is None else layers.labels)
        self.table.select_labels(labels)
        self._offer()

    def _offer(self) -> None:
        """Enable what can be done with the rows that are selected."""
        state, _ = self.editor.shown
        classes = {} if state is None else {one.label: one for one in state.classes}
        chosen = [classes[label] for label in self.table.selected_labels()]
        self.table.setEnabled(self.editor.can_edit)
        self.commands.offer(
            self.editor.session, chosen, self.editor.can_edit, self.editor.is_idle
        )

    def _select(self, label: int) -> None:
        if self.editor.can_edit:
            self.table.select_labels([label])

    def _follow_selection(self, labels: list[int]) -> None:
        layers = self.editor.layers
        self._offer()
        if layers is None or not self.editor.can_edit:
            return
        self.editor.images.highlight(labels)
        if len(labels) == 1:
            self._picker.select(labels[0])

    def _refresh_colors(self) -> None:
        if self.editor.can_edit:
            self.editor.images.refresh_colors()

    # -------------------------------------------------------------- editing

    def rename(self, label: int, name: str) -> None:
        """Give a class a name.

        Parameters
        ----------
        label : int
            Of the class, from 1 on.
        name : str
            Empty for none.
        """
        self.editor.perform(partial(edit.rename, label=label, name=name))

    def _edit_name(self) -> None:
        index = self.table.currentIndex()
        self.table.edit(index.siblingAtColumn(Column.NAME))

    def _recolor_cell(self, index: Any) -> None:
        if index.column() == Column.COLOR:
            self._ask_color()

    def _ask_color(self) -> None:
        """Let a color be chosen, and show it while it is."""
        state, labels = self.editor.state, self.table.selected_labels()
        if state is None or len(labels) != 1:
            return
        one = state[labels[0]]
        recolor = partial(edit.recolor, label=one.label)
        ask_color(
            self,
            f"Color of {one.name or f'label {one.label}'}",
            first=one.color,
            preview=lambda color: self.editor.preview(partial(recolor, color=color)),
            choose=lambda color: self.editor.perform(partial(recolor, color=color)),
            cancel=self.editor.end_preview,
        )

    def _ask_wanted(self) -> None:
        """Ask for a color, or a value, and for the fit that brings it."""
        state, layers = self.editor.state, self.editor.layers
        if state is None or layers is None:
            return
        summary = layers.clustering.summary
        if state.fitted.shape[1] == 3:
            full = summary.pixels.white
            ask_color(
                self,
                "Add a color",
                choose=lambda color: self.editor.want([full * it for it in color]),
            )
            return
        limits = float(summary.colors.min()), float(summary.colors.max())
        value = ask_value(self, limits)
        if value is not None:
            self.editor.want([value])

    def _toggle_cell(self, index: Any) -> None:
        if self.editor.state is None:
            return
        one = self.editor.state[index.data(LABEL_ROLE)]
        if index.column() == Column.VISIBLE:
            self._hide([one.label], not one.is_hidden)
        elif index.column() == Column.LOCKED:
            self._lock([one.label], not one.is_locked)

    def _toggle_hidden(self) -> None:
        self._hide(self.table.selected_labels(), self.commands.hides)

    def _toggle_locked(self) -> None:
        self._lock(self.table.selected_labels(), self.commands.locks)

    def _hide(self, labels: list[int], is_hidden: bool) -> None:
        self.editor.perform(partial(edit.hide, labels=labels, is_hidden=is_hidden))

    def _lock(self, labels: list[int], is_locked: bool) -> None:
        self.editor.perform(partial(edit.lock, labels=labels, is_locked=is_locked))

    def _merge(self) -> None:
        self.editor.merge(self.table.selected_labels())

    def _split(self) -> None:
        for label in self.table.selected_labels():
            self.editor.split(label)

    def save(self, path: str) -> None:
        """Save the classes, or show an error that says why they cannot be saved.

        Parameters
        ----------
        path : str
            As for `write_classes`.
        """
        layers, state = self.editor.layers, self.editor.state
        if layers is None or state is None:
            return
        try:
            write_classes(path, layers.labels, state)
        except (OSError, ValueError) as error:
            show_error(f"The palette was not saved. {error}")

    def _ask_path(self) -> None:
        if self.editor.layers is not None:
            path = ask_path(self, self.editor.layers.labels.name)
            if path is not None:
                self.save(path)
