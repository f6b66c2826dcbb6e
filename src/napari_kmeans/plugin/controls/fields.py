"""The fields of the widget, and what a layer offers to choose from in them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from magicgui.types import FileDialogMode
from magicgui.widgets import (
    CheckBox,
    ComboBox,
    FileEdit,
    FloatSlider,
    FloatSpinBox,
    LineEdit,
    PushButton,
    Slider,
    SpinBox,
    Widget,
)
from qtpy.QtWidgets import QAbstractSpinBox, QComboBox, QFormLayout, QWidget

from napari_kmeans.plugin.controls.folding import Folding, folding_of

NONE = "none"
"""The choice of nothing, in fields that offer one."""

HERE, ADDRESS, CURRENT = "here", "address", "current"
"""Where to compute: this process, the cluster at an address, the current Client."""

SPACES = [
    ("RGB", "rgb"),
    ("Perceptual (Oklab)", "oklab"),
    ("Perceptual (DIN99o)", "din99o"),
    ("Perceptual (CIELAB)", "lab"),
    ("Stains (H, E, DAB)", "hed"),
]
_QUALITIES = [("Fast", "fast"), ("Balanced", "balanced"), ("Best", "best")]
_METHODS = [
    ("K-means", "kmeans"),
    ("Median cut", "median-cut"),
    ("Octree", "octree"),
    ("Wu", "wu"),
]
_SCALINGS = [
    ("None", NONE),
    ("Min to max", "min-max"),
    ("Mean and variance", "standard"),
    ("99.9th percentile", "percentile"),
    ("Arcsinh", "arcsinh"),
]
_DITHERS = [
    ("None", NONE),
    ("Pattern", "pattern"),
    ("Floyd-Steinberg", "floyd-steinberg"),
]
_READOUT = "min-width: 5ex; max-width: 5ex; padding: 0px;"
"""Of the number beside a slider, which napari gives the width of a field."""
_REFINES = [
    ("No pass", "0"),
    ("1 pass", "1"),
    ("2 passes", "2"),
    ("Until settled", "until"),
]


def main_fields(choices: Any) -> dict[str, Widget]:
    """Return the fields that are used every time, by name.

    Parameters
    ----------
    choices : callable
        Returns the Image layers to choose from.

    Returns
    -------
    dict of str to magicgui.widgets.Widget
        In the order in which they are shown.
    """
    return {
        "image": ComboBox(
            label="Image",
            choices=choices,
            tooltip="The image to cluster. Follows the active layer.",
        ),
        "n_clusters": Slider(
            label="Colors",
            min=2,
            max=256,
            value=24,
            tooltip="How many colors, that is clusters, the image is reduced to.",
        ),
        "quality": ComboBox(
            label="Quality",
            choices=_QUALITIES,
            value="balanced",
            tooltip=(
                "How much is done for colors that leave less error; best takes some "
                "times as long as fast."
            ),
        ),
        "color_space": ComboBox(
            label="Measure",
            choices=SPACES,
            tooltip=(
                "How the difference of two colors is measured: RGB leaves the least "
                "squared error, the perceptual ones weigh differences as they look, "
                "stains by the dyes of a section. Other channels are measured by "
                "their values."
            ),
        ),
        "share_palette": CheckBox(
            text="One palette for all selected",
            visible=False,
            tooltip=(
                "Find one palette for all selected images: a label is the same color "
                "in each."
            ),
        ),
        "keep_previous": CheckBox(
            text="Keep earlier result",
            tooltip="Add new layers, rather than update those of the last run.",
        ),
    }


def more_fields(where_choices: Any) -> dict[str, Widget]:
    """Return the fields that are folded away, by name.

    Parameters
    ----------
    where_choices : callable
        Returns the layers that can limit a run, each with its name.

    Returns
    -------
    dict of str to magicgui.widgets.Widget
        In the order in which they are shown.
    """
    return {
        **_channel_fields(),
        **_place_fields(where_choices),
        **_tidy_fields(),
        "refine": ComboBox(
            label="Refine",
            choices=_REFINES,
            value="1",
            tooltip=(
                "Passes over all pixels after the fit, for images whose colors are "
                "too many to be counted. Others need none."
            ),
        ),
        "method": ComboBox(
            label="Method",
            choices=_METHODS,
            tooltip=(
                "How colors are found. K-means leaves the least error; the others are "
                "there to compare it with."
            ),
        ),
        **_dither_fields(),
        "random_state": SpinBox(
            label="Seed",
            min=0,
            max=2**31 - 1,
            tooltip="The same seed gives the same colors; try another for others.",
        ),
        **_compute_fields(),
    }


def _compute_fields() -> dict[str, Widget]:
    return {
        "checkpoint": FileEdit(
            label="Checkpoint",
            mode=FileDialogMode.OPTIONAL_FILE,
            nullable=True,
            tooltip=(
                "A file that keeps what was read of an image that is read from disk; "
                "after a crash, a run with the same file goes on from there."
            ),
        ),
        "compute_on": ComboBox(
            label="Compute on",
            choices=[
                ("This process", HERE),
                ("Cluster by address", ADDRESS),
                ("Current Client", CURRENT),
            ],
            tooltip=(
                "Where an image that is read from disk is read and clustered: here, "
                "on the dask.distributed cluster at an address, or on that of the "
                "Client made at the console. The colors are the same."
            ),
        ),
        "address": LineEdit(
            label="Address",
            tooltip="Of the Dask scheduler, as in tcp://10.0.0.1:8786.",
        ),
        "test": PushButton(
            text="Test",
            label="",
            tooltip="Ask for the workers, and whether each of them reads this image.",
        ),
    }


def _channel_fields() -> dict[str, Widget]:
    return {
        "use_selected": CheckBox(
            text="Selected layers are channels",
            tooltip=(
                "The selected Image layers, of one shape, are the channels of one "
                "image."
            ),
        ),
        "channel_axis": ComboBox(
            label="Channel axis",
            choices=[("None", NONE)],
            tooltip="The axis that holds channels, of an image that is not RGB.",
        ),
        "scaling": ComboBox(
            label="Scaling",
            choices=_SCALINGS,
            tooltip="How channels that are not colors are made comparable.",
        ),
        "channel_weights": LineEdit(
            label="Weights",
            tooltip=(
                "A factor for each channel, as in 1 0.5 0; 0 leaves a channel out. "
                "Empty: all count alike."
            ),
        ),
    }


def _place_fields(where_choices: Any) -> dict[str, Widget]:
    return {
        "level": ComboBox(
            label="Level",
            choices=[("Full", 0)],
            tooltip=(
                "The level of a pyramid that is read to find the colors; a coarser "
                "one is quicker. All levels are shown in them."
            ),
        ),
        "where": ComboBox(
            label="Region",
            choices=where_choices,
            tooltip="Only pixels inside these labels or shapes decide on the colors.",
        ),
        "limits_result": CheckBox(
            text="Limit the result to it",
            tooltip="Pixels outside the region get no label.",
        ),
    }


def _tidy_fields() -> dict[str, Widget]:
    return {
        "sigma": FloatSpinBox(
            label="Smoothing",
            min=0.0,
            max=1e6,
            step=0.5,
            tooltip=(
                "Sigma of a Gaussian before clustering, in the units of the layer; 0 "
                "is none."
            ),
        ),
        "majority": SpinBox(
            label="Majority",
            min=1,
            max=31,
            step=2,
            tooltip=(
                "Each pixel takes the label that most have in a window of so many "
                "pixels a side; 1 is none."
            ),
        ),
        "sieve": SpinBox(
            label="Sieve",
            min=1,
            max=10_000,
            tooltip=(
                "Islands of fewer pixels than this get the label around them; 1 keeps "
                "all."
            ),
        ),
    }


def _dither_fields() -> dict[str, Widget]:
    return {
        "dither": ComboBox(
            label="Dither",
            choices=_DITHERS,
            tooltip=(
                "Mix the colors, so that few look like more. A pattern stands still in "
                "stacks and series; Floyd-Steinberg comes closer. Dithered labels are "
                "not for measuring."
            ),
        ),
        "dither_strength": FloatSlider(
            label="Strength",
            min=0.0,
            max=1.0,
            step=0.05,
            value=1.0,
            enabled=False,
            tooltip="How much of the difference a dither makes good; 0 is none.",
        ),
    }


def form_of(fields: Iterable[Any]) -> QFormLayout:
    """Lay out fields in two columns, of labels and of fields.

    Parameters
    ----------
    fields : iterable of magicgui.widgets.Widget

    Returns
    -------
    QFormLayout
        A form, since Qt keeps its labels aligned in any theme and font.
    """
    form = QFormLayout()
    form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
    for field in fields:
        if isinstance(field, ComboBox):
            # a long layer name is cut short, rather than make the dock wide
            field.native.setSizeAdjustPolicy(
                QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
            )
        if isinstance(field, Slider | FloatSlider):
            number = field.native.findChild(QAbstractSpinBox)
            number.setStyleSheet(_READOUT)
            number.setToolTip(field.tooltip)
        if isinstance(field, FileEdit):
            field.choose_btn.text = "…"  # which leaves room for the path
            field.choose_btn.tooltip = "Choose the file."
        if isinstance(field, CheckBox):
            form.addRow(field.native)  # it has its label, which can be long
        else:
            form.addRow(field.label, field.native)
            label = form.labelForField(field.native)
            if label is not None:  # there is none of an empty text
                label.setToolTip(field.tooltip)
    return form


def form_row(field: Any) -> list[QWidget]:
    """Return what a row of a form shows, to hide it or show it again.

    Parameters
    ----------
    field : magicgui.widgets.Widget
        Laid out by `form_of`.

    Returns
    -------
    list of QWidget
        The field and, if it has one, its label.
    """
    parent = field.native.parentWidget()
    form = None if parent is None else parent.layout()
    label = form.labelForField(field.native) if isinstance(form, QFormLayout) else None
    return [field.native] if label is None else [field.native, label]


def folded(title: str, fields: Iterable[Any]) -> Folding:
    """Lay out fields, folded behind a title.

    Parameters
    ----------
    title : str
    fields : iterable of magicgui.widgets.Widget

    Returns
    -------
    Folding
    """
    content = QWidget()
    form = form_of(fields)
    form.setContentsMargins(0, 0, 0, 0)
    content.setLayout(form)
    return folding_of(title, content)


def axis_choices(layer: Any) -> list[tuple[str, Any]]:
    """Return the axes of a layer that can hold its channels.

    Parameters
    ----------
    layer : napari.layers.Image or None

    Returns
    -------
    list of tuple of (str, int or str)
        A text and the axis; `NONE` comes first. Axes of 2 to 64 are offered, and
        none of an RGB layer.
    """
    choices: list[tuple[str, Any]] = [("None", NONE)]
    if layer is None or layer.rgb:
        return choices
    shape = layer.data[0].shape if layer.multiscale else layer.data.shape
    return choices + [
        (f"{name} ({length})", axis)
        for axis, (name, length) in enumerate(
            zip(layer.axis_labels, shape, strict=True)
        )
        if 2 <= length <= 64
    ]


def level_choices(layer: Any) -> list[tuple[str, int]]:
    """Return the levels of a layer, finest first.

    Parameters
    ----------
    layer : napari.layers.Image or None

    Returns
    -------
    list of tuple of (str, int)
        A text and the number of the level; 0 is the finest.
    """
    if layer is None or not layer.multiscale:
        return [("Full", 0)]
    ndim = layer.ndim
    return [
        (f"{index}: {' x '.join(str(length) for length in level.shape[:ndim])}", index)
        for index, level in enumerate(layer.data)
    ]


def parse_weights(text: str) -> list[float] | None:
    """Read the factors of channels.

    Parameters
    ----------
    text : str
        Numbers, separated by spaces or commas.

    Returns
    -------
    list of float or None
        A factor for each channel; None of an empty text.

    Raises
    ------
    ValueError
        If a word is not a number.
    """
    words = text.replace(",", " ").split()
    try:
        return [float(word) for word in words] or None
    except ValueError:
        message = f"Weights are numbers, as in 1 0.5 0; this is not one: {text!r}."
        raise ValueError(message) from None
