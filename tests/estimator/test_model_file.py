import copy
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from napari_kmeans import Palette, PixelKMeans
from napari_kmeans.errors import ModelFileError, UnsupportedImageError
from napari_kmeans.estimator.model_file import MOST_BYTES

random = np.random.default_rng(0)
IMAGES: dict[str, Any] = {
    "rgb": random.integers(0, 256, (20, 30, 3), dtype=np.uint8),
    "rgba": random.integers(0, 256, (20, 30, 4), dtype=np.uint8),
    "uint16": random.integers(0, 65536, (20, 30, 3), dtype=np.uint16),
    "float32": random.random((20, 30, 3), dtype=np.float32),
    "float64": random.normal(size=(20, 30, 2)),
    "sixteen": random.normal(size=(16, 20, 30)),
    "int64": random.integers(-(2**62), 2**62, (20, 30, 2)),
    "uint64": random.integers(2**63, 2**64, (20, 30, 2), dtype=np.uint64),
    "gray": random.integers(0, 256, (20, 30), dtype=np.uint8),
    "float gray": random.normal(size=(20, 30)),
    "bool": random.random((20, 30, 5)) > 0.5,
}
CASES: list[tuple[str, dict[str, Any]]] = [
    ("rgb", {}),
    ("rgb", {"color_space": "oklab", "random_state": None}),
    ("rgb", {"color_space": "lab", "init": "random"}),
    ("rgb", {"color_space": "hed"}),
    ("rgb", {"init": np.linspace(0, 255, 15).reshape(5, 3)}),
    ("rgb", {"fixed_colors": np.array([[9, 8, 7]], np.uint8), "quality": "fast"}),
    ("rgba", {}),
    ("uint16", {"color_space": "oklab"}),
    ("float32", {"color_space": "hed"}),
    ("float64", {"scaling": "standard", "channel_weights": (1, 0.3)}),
    ("sixteen", {"scaling": "arcsinh", "channel_axis": 0}),
    ("sixteen", {"scaling": "percentile", "channel_axis": 0, "percentile": 90}),
    ("sixteen", {"channel_axis": 0, "refine": "until"}),
    ("int64", {"scaling": "min-max"}),
    ("uint64", {}),
    ("gray", {"channel_axis": None}),
    ("float gray", {"channel_axis": None, "n_init": 3}),
    ("bool", {"alpha": False}),
]


SENTENCES = ("Cannot read", "The palette has", "The image has", "An image", "Axis")


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    PixelKMeans(3, scaling="arcsinh").fit(IMAGES["float32"]).save(tmp_path / "model")
    return tmp_path / "model"


@pytest.mark.parametrize(("kind", "parameters"), CASES)
def test_a_model_that_is_read_is_the_one_that_was_written(
    kind: str, parameters: dict[str, Any], tmp_path: Path
) -> None:
    image = IMAGES[kind]
    km = PixelKMeans(5, **parameters).fit(image)
    km.save(tmp_path / "model.json")
    again = PixelKMeans.load(tmp_path / "model.json")
    assert again.cluster_centers_.tobytes() == km.cluster_centers_.tobytes()
    assert again.palette_.colors.tobytes() == km.palette_.colors.tobytes()
    assert again.palette_.colors.dtype == km.palette_.colors.dtype
    assert again.palette_.counts.tolist() == km.palette_.counts.tolist()
    assert again.palette_.white == km.palette_.white
    assert again.space_ == km.space_
    assert again.scaling_ == km.scaling_
    for name in ("inertia_", "n_iter_", "n_unique_colors_", "n_features_in_"):
        assert getattr(again, name) == getattr(km, name)
    before, after = km.get_params(), again.get_params()
    assert before.keys() == after.keys()
    for name, value in before.items():
        np.testing.assert_array_equal(after[name], value)
    other = np.roll(image, 1, axis=0) + image.dtype.type(1)
    np.testing.assert_array_equal(again.predict(other), km.predict(other))
    np.testing.assert_array_equal(again.quantize(other), km.quantize(other))


finite = st.floats(allow_nan=False, allow_infinity=False, width=32)


@given(rows=st.lists(st.tuples(finite, finite, finite), min_size=1, max_size=9))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_every_float_survives(
    rows: list[tuple[float, float, float]], tmp_path: Path
) -> None:
    colors = np.array(rows, dtype=np.float32)
    palette = Palette(colors, np.arange(len(rows)), 1.0, tuple("näse" for _ in rows))
    PixelKMeans.from_palette(palette).save(tmp_path / "model")
    km = PixelKMeans.load(tmp_path / "model")
    assert km.palette_.colors.tobytes() == colors.tobytes()
    assert km.palette_.names == palette.names
    assert np.isnan(km.inertia_)


class TestFromPalette:
    palette = Palette(
        np.array([[9, 9, 9], [255, 0, 16], [0, 128, 255]], dtype=np.uint8),
        np.zeros(3, dtype=np.int64),
        names=("ink", "fur", "sky"),
    )

    @pytest.mark.parametrize("color_space", ["rgb", "oklab", "lab", "hed"])
    @pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32", "float64"])
    def test_colors_of_the_palette_are_themselves(
        self, color_space: Any, dtype: str
    ) -> None:
        palette = self.palette.astype(dtype)
        km = PixelKMeans.from_palette(palette, color_space=color_space)
        labels = random.integers(0, 3, (7, 9))
        image = palette[labels]
        np.testing.assert_array_equal(km.predict(image), labels)
        np.testing.assert_array_equal(km.quantize(image), image)
        assert km.palette_ is palette
        assert km.n_clusters == 3

    def test_others_take_the_nearest(self) -> None:
        image = IMAGES["rgb"]
        km = PixelKMeans.from_palette(self.palette)
        differences = image[..., None, :].astype(int) - self.palette.colors.astype(int)
        nearest = (differences**2).sum(axis=-1).argmin(axis=-1)
        np.testing.assert_array_equal(km.predict(image), nearest)

    def test_dtypes(self) -> None:
        assert self.palette.astype("uint16").colors.tolist() == [
            [2313] * 3,
            [65535, 0, 4112],
            [0, 32896, 65535],
        ]
        assert self.palette.astype("uint16").white == 65535
        np.testing.assert_array_equal(
            self.palette.astype("float64").colors, self.palette.colors / 255
        )
        again = self.palette.astype("float32").astype("uint8")
        np.testing.assert_array_equal(again.colors, self.palette.colors)
        assert again.names == self.palette.names

    def test_gray(self) -> None:
        palette = Palette(np.array([[200], [0]], np.uint8), np.zeros(2, int))
        km = PixelKMeans.from_palette(palette, channel_axis=None)
        assert km.predict(np.array([[0, 99, 101, 255]], np.uint8)).tolist() == [
            [1, 1, 0, 0]
        ]

    def test_no_color(self) -> None:
        palette = Palette(np.zeros((0, 3), np.uint8), np.zeros(0, int))
        with pytest.raises(ValueError, match="n_clusters"):
            PixelKMeans.from_palette(palette)


def _paths(content: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items: list[tuple[Any, Any]] = []
    if isinstance(content, dict):
        items = list(content.items())
    elif isinstance(content, list):
        items = list(enumerate(content))
    found = [path] if path else []
    for key, value in items:
        found += _paths(value, (*path, key))
    return found


junk = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from([10**400, -1, 0, 2**63, "uint8", "object", "V8", "oklab"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(drawn=st.data())
@settings(
    max_examples=400,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    deadline=None,
)
def test_a_damaged_model_works_or_gives_a_sentence(
    drawn: st.DataObject, saved: Path
) -> None:
    content = json.loads(saved.read_text())
    for _ in range(drawn.draw(st.integers(1, 2))):
        *way, last = drawn.draw(st.sampled_from(_paths(content)))
        place = content
        for key in way:
            place = place[key]
        if drawn.draw(st.booleans()):
            place[last] = drawn.draw(junk)
        else:
            del place[last]
    damaged = saved.with_name("damaged")
    damaged.write_text(json.dumps(content))
    refused = ""
    try:
        km = PixelKMeans.load(damaged)
        with np.errstate(all="ignore"):
            labels = km.predict(np.zeros((2, 2, 3), np.float32))
    except (ModelFileError, UnsupportedImageError) as error:
        refused = str(error)
    assert "\n" not in refused
    assert refused.startswith(SENTENCES) or (
        not refused and -1 <= labels.min() <= labels.max() < len(km.palette_)
    )


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"\x80\x04.", b"[" * 100_000, b'{"format": NaN}', b"9" * 5000]
)
def test_what_is_no_model(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "model").write_bytes(data)
    with pytest.raises(ModelFileError, match=r"Cannot read .*model.*\.$"):
        PixelKMeans.load(tmp_path / "model")


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("version",), 2, "version 2"),
        (("parameters", "method_of_mine"), 1, "no parameter"),
        (("parameters", "n_clusters"), 0, "n_clusters must be"),
        (("parameters", "tol"), "x", "Cannot read"),
        (("parameters", "channel_axis"), "x", "channel_axis"),
        (("parameters", "channel_axis"), None, "no channel axis"),
        (("space", "scaling", "cofactor"), [1, 0, 1], "scaling"),
        (("space", "color_space"), "cmyk", "no color space"),
        (("palette", "dtype"), "object", "no dtype"),
        (("palette", "dtype"), "uint8", "numbers that fit uint8"),
        (("palette", "counts"), [1, 2, -3], "below 0"),
        (("palette", "names"), ["a"], "names"),
        (("centers",), [[1.0, 2.0, 3.0]], "centers"),
        (("centers", 0, 0), 10**400, "centers"),
    ],
)
def test_a_sentence_says_what_is_wrong(
    path: tuple[Any, ...], value: object, message: str, saved: Path
) -> None:
    content = json.loads(saved.read_text())
    place = content
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = copy.copy(value)
    saved.write_text(json.dumps(content))
    with pytest.raises(ModelFileError, match=message):
        PixelKMeans.load(saved)


def test_files_are_bounded(tmp_path: Path) -> None:
    (tmp_path / "model").write_bytes(b" " * (MOST_BYTES + 1))
    with pytest.raises(ModelFileError, match="bytes"):
        PixelKMeans.load(tmp_path / "model")


def test_only_what_is_fitted_is_saved(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="not fitted"):
        PixelKMeans().save(tmp_path / "model")
    km = PixelKMeans.from_palette(TestFromPalette.palette)
    km.set_params(random_state=object())
    with pytest.raises(ModelFileError, match="object cannot be written"):
        km.save(tmp_path / "model")
    assert not list(tmp_path.iterdir())


class TestEngine:
    """Models of before: what is a method now was a parameter of its own."""

    @pytest.mark.parametrize(
        ("engine", "method"), [("summary", "kmeans"), ("dask-ml", "dask-ml")]
    )
    def test_it_is_read_as_a_method(
        self, engine: str, method: str, saved: Path
    ) -> None:
        expected = PixelKMeans.load(saved).get_params()
        content = json.loads(saved.read_text())
        content["parameters"]["engine"] = engine
        saved.write_text(json.dumps(content))
        km = PixelKMeans.load(saved)
        assert km.get_params() == expected | {"method": method}
        km.save(saved)
        assert "engine" not in json.loads(saved.read_text())["parameters"]

    @pytest.mark.parametrize(
        ("engine", "method"), [("summary", "wu"), ("summary", "octree")]
    )
    def test_other_methods_stay(self, engine: str, method: str, saved: Path) -> None:
        content = json.loads(saved.read_text())
        content["parameters"] |= {"engine": engine, "method": method}
        saved.write_text(json.dumps(content))
        assert PixelKMeans.load(saved).method == method

    @pytest.mark.parametrize(
        ("engine", "method"),
        [("dask-ml", "wu"), ("tape", "kmeans"), (None, "kmeans"), ([1], "kmeans")],
    )
    def test_what_was_no_engine(self, engine: Any, method: str, saved: Path) -> None:
        content = json.loads(saved.read_text())
        content["parameters"] |= {"engine": engine, "method": method}
        saved.write_text(json.dumps(content))
        with pytest.raises(ModelFileError, match=r"Cannot read .*engine.*\.$"):
            PixelKMeans.load(saved)
