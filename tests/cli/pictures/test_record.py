from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings, strategies as st

from napari_kmeans.cli.pictures.record import RECORD, Entry, Record, size_of
from napari_kmeans.errors import WriteError


def entry(folder: Path, name: str, made_from: str = "abc") -> Entry:
    (folder / f"{name}.png").write_text(name, "utf-8")
    figures = {"psnr": float("inf"), "size": [3, 4]}
    return Entry(name, made_from, {f"{name}.png": len(name.encode())}, figures)


def test_what_was_added_stands(tmp_path: Path) -> None:
    record = Record(tmp_path)
    assert not (tmp_path / RECORD).exists()
    added = [entry(tmp_path, name) for name in ("cat", "x é")]
    for each in added:
        record.add(each)
    for again in (record, Record(tmp_path)):
        for each in added:
            assert again.standing(each.name, "abc") == each
        assert again.standing("cat", "abd") is None
        assert again.standing("dog", "abc") is None


@pytest.mark.parametrize("how", ["gone", "cut off", "a folder"])
def test_what_does_not_stand(how: str, tmp_path: Path) -> None:
    record = Record(tmp_path)
    record.add(entry(tmp_path, "cat"))
    path = tmp_path / "cat.png"
    path.write_text("ca") if how == "cut off" else path.unlink()
    if how == "a folder":
        path.mkdir()
    assert record.standing("cat", "abc") is None


def test_the_last_of_a_name_counts(tmp_path: Path) -> None:
    record = Record(tmp_path)
    for made_from in ("old", "new"):
        record.add(entry(tmp_path, "cat", made_from))
    again = Record(tmp_path)
    again.add(entry(tmp_path, "dog"))
    for each in (again, Record(tmp_path)):
        assert each.standing("cat", "old") is None
        assert each.standing("cat", "new") is not None
    assert len((tmp_path / RECORD).read_text().splitlines()) == 2


@pytest.mark.parametrize("n_left", [1, 20])
def test_a_line_that_was_cut_off_loses_no_other(n_left: int, tmp_path: Path) -> None:
    record = Record(tmp_path)
    for name in ("cat", "dog"):
        record.add(entry(tmp_path, name))
    path = tmp_path / RECORD
    first, second = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(first + second[:n_left])
    again = Record(tmp_path)
    assert again.standing("cat", "abc") is not None
    assert again.standing("dog", "abc") is None
    again.add(entry(tmp_path, "owl"))
    third = Record(tmp_path)
    assert third.standing("cat", "abc") is not None
    assert third.standing("owl", "abc") is not None


@settings(max_examples=30)
@given(st.binary(max_size=60))
def test_anything_may_stand_in_the_file(data: bytes) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / RECORD).write_bytes(data)
        Record(folder).add(entry(folder, "cat"))
        assert Record(folder).standing("cat", "abc") is not None


@pytest.mark.parametrize("line", ["[]", "3", '{"name": 1}', "null", '{"x": []}'])
def test_lines_of_others_are_left_out(line: str, tmp_path: Path) -> None:
    (tmp_path / RECORD).write_text(line + "\n")
    assert Record(tmp_path).standing("cat", "abc") is None


def test_threads_add_whole_lines(tmp_path: Path) -> None:
    record = Record(tmp_path)
    added = [entry(tmp_path, f"cat{i}") for i in range(50)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(record.add, added))
    again = Record(tmp_path)
    assert all(again.standing(each.name, "abc") == each for each in added)


def test_a_record_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / RECORD).mkdir()
    with pytest.raises(WriteError, match=r"cannot write .*jsonl: Is a directory"):
        Record(tmp_path).add(entry(tmp_path, "cat"))


def test_the_size_of_a_folder_is_that_of_its_files(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "c").write_text("12345")
    (tmp_path / "a" / "d").write_text("67")
    assert size_of(tmp_path / "a") == 7
    assert size_of(tmp_path / "none") is None
