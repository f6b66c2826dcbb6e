from __future__ import annotations

from pathlib import Path

import pytest

from napari_kmeans.cli.arguments.inputs import find_pictures, name_pictures
from napari_kmeans.cli.pictures.record import RECORD
from napari_kmeans.errors import NoPictureError


def names(*paths: str) -> list[str]:
    named = [(Path(path), Path(path).stem) for path in paths]
    return [file.name for file in name_pictures(named)]


def test_names_are_stems_that_differ() -> None:
    assert names("a/cat.png", "b/dog.tar.gz") == ["cat", "dog.tar"]
    assert names("cat.png", "b/cat.png", "Cat.jpg") == ["cat", "cat-2", "Cat-3"]
    assert names("cat.png", "cat.jpg", "cat-2.png") == ["cat", "cat-3", "cat-2"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "photos"
    for name in (
        *("b.JPG", "a.png", "a.txt", ".hidden.png", "cat.tar.png", "x/y/b.tif"),
        *("x/a.png", ".thumbs/a.png", f"old/{RECORD}", "old/a-2-colors.png"),
        *("old/x/b-2-colors.png", "out/c.png", "Thumbs.db"),
    ):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return root


def test_pictures_of_a_folder_and_below(folder: Path) -> None:
    found = find_pictures([folder], folder / "out")
    places = [file.path.relative_to(folder).as_posix() for file in found]
    assert list(zip(places, [file.name for file in found], strict=True)) == [
        ("a.png", "a"),
        ("b.JPG", "b"),
        ("cat.tar.png", "cat.tar"),
        ("x/a.png", "x/a"),
        ("x/y/b.tif", "x/y/b"),
    ]


def test_files_and_folders_that_overlap(folder: Path, tmp_path: Path) -> None:
    files = [folder / "x" / "a.png", folder, folder / "x", folder / "b.JPG"]
    found = find_pictures(files, tmp_path / "out")
    named = {file.name: file.path.relative_to(folder).as_posix() for file in found}
    assert named == {
        "a": "x/a.png",  # as it was named
        "a-2": "a.png",
        "b": "b.JPG",
        "cat.tar": "cat.tar.png",
        "out/c": "out/c.png",
        "x/y/b": "x/y/b.tif",
    }


def test_a_folder_of_results_can_be_named(folder: Path, tmp_path: Path) -> None:
    found = find_pictures([folder / "old"], tmp_path / "out")
    assert [file.name for file in found] == ["a-2-colors", "x/b-2-colors"]


def test_a_folder_without_pictures(folder: Path, tmp_path: Path) -> None:
    (folder / "x" / "y" / "b.tif").rename(folder / "x" / "y" / "b.doc")
    with pytest.raises(NoPictureError, match=r"no picture in the folder .*y$"):
        find_pictures([folder / "x" / "y"], tmp_path)


def test_results_do_not_go_among_the_pictures(folder: Path, tmp_path: Path) -> None:
    for output in (folder, folder / "x" / ".."):
        with pytest.raises(NoPictureError, match="choose another folder with -o"):
            find_pictures([folder], output)
    (folder / "photos").mkdir()
    (folder / "photos" / "z.png").touch()
    with pytest.raises(NoPictureError, match="choose another folder with -o"):
        find_pictures([folder], tmp_path)  # z would come to photos/z-2-colors.png
