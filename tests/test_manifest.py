"""The one `napari.yaml`, at the root, is what every kind of install shows napari."""

from __future__ import annotations

import json
import os
import shutil
import site
import subprocess
import sysconfig
import tarfile
import venv
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hatchling import build
from npe2 import PluginManifest

ROOT = Path(__file__).parents[1]
LINK = Path("src", "napari_kmeans", "napari.yaml")
PACKED = "napari_kmeans/napari.yaml"
ASK = (
    "from npe2 import PluginManifest; "
    "print(PluginManifest.from_distribution('napari-kmeans')"
    ".model_dump_json(exclude={'package_metadata'}))"
)


@pytest.fixture(scope="module")
def manifest() -> PluginManifest:
    manifest: PluginManifest = PluginManifest.from_file(ROOT / "napari.yaml")
    return manifest


@pytest.fixture(params=["no link", "link that arrived as text"])
def tree(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """Make a checkout as it is where there are no links, and stand in it."""
    tree = tmp_path / "checkout"
    for part in (".build", "src", "tests"):
        ignored = shutil.ignore_patterns("__pycache__", "napari.yaml")
        shutil.copytree(ROOT / part, tree / part, ignore=ignored)
    for name in ("LICENSE", "README.md", "napari.yaml", "pyproject.toml", "tox.ini"):
        shutil.copy(ROOT / name, tree)
    if request.param != "no link":
        (tree / LINK).write_text("../../napari.yaml")
    monkeypatch.chdir(tree)
    return tree


def described(manifest: PluginManifest) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(
        manifest.model_dump_json(exclude={"package_metadata"})
    )
    return content


def manifest_of_installed(wheel: Path, prefix: Path) -> dict[str, Any]:
    """Ask npe2 in an environment that holds `wheel`, and npe2 from this one."""
    venv.create(prefix, symlinks=os.name != "nt")
    packages = Path(sysconfig.get_path("purelib", "venv", {"base": str(prefix)}))
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(packages)
    # Sorts after the path file of an editable install, so ours comes first.
    (packages / "zz_outer.pth").write_text("\n".join(site.getsitepackages()))
    python = prefix / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    asked = subprocess.run(
        [python, "-c", ASK], capture_output=True, text=True, check=True, cwd=prefix
    )
    content: dict[str, Any] = json.loads(asked.stdout)
    return content


def packed_manifests(wheel: Path) -> list[bytes]:
    with zipfile.ZipFile(wheel) as archive:
        return [archive.read(i) for i in archive.infolist() if i.filename == PACKED]


def test_the_installed_manifest_is_the_one_at_the_root(
    manifest: PluginManifest,
) -> None:
    installed = PluginManifest.from_distribution("napari-kmeans")
    assert described(installed) == described(manifest)


def test_every_command_can_be_imported(manifest: PluginManifest) -> None:
    manifest.validate_imports()


def test_a_wheel_holds_the_manifest(
    tree: Path, tmp_path: Path, manifest: PluginManifest
) -> None:
    wheel = tmp_path / build.build_wheel(str(tmp_path))
    assert packed_manifests(wheel) == [(ROOT / "napari.yaml").read_bytes()]
    assert manifest_of_installed(wheel, tmp_path / "env") == described(manifest)


def test_a_wheel_from_an_sdist_holds_the_manifest(
    tree: Path,
    tmp_path: Path,
    manifest: PluginManifest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with tarfile.open(tmp_path / build.build_sdist(str(tmp_path))) as archive:
        # Asks nothing of the Pythons that have no filters.
        archive.extraction_filter = getattr(tarfile, "data_filter", None)
        archive.extractall(tmp_path)
    (unpacked,) = (path for path in tmp_path.glob("napari_kmeans-*") if path.is_dir())
    expected = {".build/hook.py", "LICENSE", "README.md", "napari.yaml", "tests"}
    assert all((unpacked / name).exists() for name in expected)
    assert not (unpacked / LINK).exists()

    monkeypatch.chdir(unpacked)
    wheel = tmp_path / build.build_wheel(str(tmp_path))
    assert packed_manifests(wheel) == [(ROOT / "napari.yaml").read_bytes()]
    assert manifest_of_installed(wheel, tmp_path / "env") == described(manifest)


def test_an_editable_install_shows_the_manifest_live(
    tree: Path, tmp_path: Path, manifest: PluginManifest
) -> None:
    wheel = tmp_path / build.build_editable(str(tmp_path))
    assert packed_manifests(wheel) == []
    assert manifest_of_installed(wheel, tmp_path / "env") == described(manifest)
    if (tree / LINK).is_symlink():
        (tree / "napari.yaml").write_text("edited")
        assert (tree / LINK).read_text() == "edited"
