"""Archives: whole, cut off, and made to write where they should not."""

import io
import stat
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_rtlgen.errors import SuiteError
from pytest_rtlgen.loaders import archive
from pytest_rtlgen.loaders.archive import copy_tree, unpack_archive, unwrap

FILES = {"repo-1/a.txt": b"one", "repo-1/in ner/b.txt": b"two" * 5000}


def write_zip(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in files.items():
            made.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return path


def write_tar(path: Path, files: dict[str, bytes], *more: tarfile.TarInfo) -> Path:
    mode = {".tar": "w:", ".xz": "w:xz"}.get(path.suffix, "w:gz")
    with tarfile.open(path, mode) as made:  # type: ignore[call-overload]  # the mode is chosen at run time
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            made.addfile(info, io.BytesIO(content))
        for info in more:
            made.addfile(info)
    return path


def make_info(name: str, kind: bytes, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("a.zip", write_zip),
        ("a.tar.gz", write_tar),
        ("a.tgz", write_tar),
        ("a.tar.xz", write_tar),
        ("a.tar", write_tar),
    ],
)
def test_a_whole_archive(tmp_path: Path, name: str, write: Callable[[Path, dict[str, bytes]], Path]) -> None:
    unpack_archive(write(tmp_path / name, FILES), tmp_path / "out")
    inner = unwrap(tmp_path / "out")
    assert inner == tmp_path / "out" / "repo-1"
    assert {str(path.relative_to(tmp_path / "out")) for path in inner.rglob("*") if path.is_file()} == set(FILES)
    assert (inner / "in ner" / "b.txt").read_bytes() == b"two" * 5000


def test_an_archive_without_a_folder_of_its_own_is_not_unwrapped(tmp_path: Path) -> None:
    unpack_archive(write_zip(tmp_path / "a.zip", {"a/x": b"", "b/x": b""}), tmp_path / "out")
    assert unwrap(tmp_path / "out") == tmp_path / "out"


@pytest.mark.parametrize(
    "name",
    ["/var/rtlgen_escape", "../rtlgen_escape", "a/../../rtlgen_escape", "..\\rtlgen_escape", "C:\\rtlgen_escape"],
)
@pytest.mark.parametrize("write", [write_zip, write_tar])
def test_a_name_that_leads_out_is_refused(
    tmp_path: Path, name: str, write: Callable[[Path, dict[str, bytes]], Path]
) -> None:
    path = write(tmp_path / ("a.zip" if write is write_zip else "a.tar.gz"), {"good": b"1", name: b"2"})
    with pytest.raises(SuiteError, match=r"a\.(zip|tar\.gz): holds '.*rtlgen_escape', which leads out of the archive"):
        unpack_archive(path, tmp_path / "out")
    assert not list(tmp_path.rglob("rtlgen_escape"))
    assert not Path("/var/rtlgen_escape").exists()


@pytest.mark.parametrize(
    "info",
    [
        make_info("evil", tarfile.SYMTYPE, "/etc/passwd"),
        make_info("evil", tarfile.LNKTYPE, "good"),
        make_info("evil", tarfile.FIFOTYPE),
        make_info("evil", tarfile.CHRTYPE),
    ],
    ids=["link", "hard link", "pipe", "device"],
)
def test_what_is_no_file_in_a_tar_is_refused(tmp_path: Path, info: tarfile.TarInfo) -> None:
    path = write_tar(tmp_path / "a.tar.gz", {"good": b"1"}, info)
    with pytest.raises(SuiteError, match=r"a\.tar\.gz: 'evil' is neither a file nor a folder"):
        unpack_archive(path, tmp_path / "out")
    assert not (tmp_path / "out" / "evil").exists()


def test_a_link_in_a_zip_is_refused(tmp_path: Path) -> None:
    info = zipfile.ZipInfo("evil")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as made:
        made.writestr(info, "/etc/passwd")
    with pytest.raises(SuiteError, match=r"a\.zip: 'evil' is neither a file nor a folder"):
        unpack_archive(tmp_path / "a.zip", tmp_path / "out")


def test_an_encrypted_zip_is_refused(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", {"x": b"1"})
    content = bytearray(path.read_bytes())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + offset] |= 1
    path.write_bytes(content)
    with pytest.raises(SuiteError, match=r"a\.zip: 'x' is encrypted; unpack it by hand"):
        unpack_archive(path, tmp_path / "out")


@pytest.mark.parametrize(("name", "write"), [("a.zip", write_zip), ("a.tar.gz", write_tar)])
def test_a_bomb_is_stopped(tmp_path: Path, name: str, write: Callable[[Path, dict[str, bytes]], Path]) -> None:
    path = write(tmp_path / name, {"zeros": bytes(64 << 20)})
    assert path.stat().st_size < 1 << 20
    with pytest.raises(SuiteError, match=r": unpacks to more than 8 MiB or \d+ files; unpack it by hand"):
        unpack_archive(path, tmp_path / "out", most_bytes=8 << 20)
    assert (tmp_path / "out" / "zeros").stat().st_size <= 10 << 20


def test_too_many_files_are_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MOST_FILES", 10)
    with pytest.raises(SuiteError, match=r"unpacks to more than .* or 10 files"):
        unpack_archive(write_zip(tmp_path / "a.zip", {f"f{number}": b"" for number in range(50)}), tmp_path / "out")
    assert len(list((tmp_path / "out").iterdir())) == 11


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
@pytest.mark.parametrize(("name", "write"), [("a.zip", write_zip), ("a.tar.gz", write_tar), ("a.tar.xz", write_tar)])
def test_a_half_downloaded_archive_is_named(
    tmp_path: Path, name: str, write: Callable[[Path, dict[str, bytes]], Path], share: float
) -> None:
    path = write(tmp_path / name, FILES)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(SuiteError, match=rf"{name}: cut off or broken \(.+\); download it again") as caught:
        unpack_archive(path, tmp_path / "out")
    assert "\n" not in str(caught.value)


def test_a_damaged_byte_is_noticed(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", {"x": bytes(range(256)) * 40})
    content = bytearray(path.read_bytes())
    content[60] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(SuiteError, match=r"a\.zip: cut off or broken"):
        unpack_archive(path, tmp_path / "out")


def test_a_name_that_comes_twice_does_not_overwrite(tmp_path: Path) -> None:
    again = make_info("x", tarfile.REGTYPE)
    path = write_tar(tmp_path / "a.tar", {"x": b"1"}, again)
    with pytest.raises(SuiteError, match=r"a\.tar: cannot be unpacked: File exists"):
        unpack_archive(path, tmp_path / "out")
    assert (tmp_path / "out" / "x").read_bytes() == b"1"


def test_a_copy_has_no_links_and_can_be_written(tmp_path: Path) -> None:
    source = tmp_path / "source"
    (source / "a" / ".git").mkdir(parents=True)
    (source / "a" / ".git" / "config").write_text("secret")
    (source / "a" / "x").write_text("1")
    (source / "a" / "link").symlink_to("/etc/passwd")
    (source / "a" / "folder").symlink_to("/etc")
    (source / "a" / "x").chmod(0o444)
    (source / "a").chmod(0o555)
    copy_tree(source, tmp_path / "copy")
    (source / "a").chmod(0o755)
    assert [str(path.relative_to(tmp_path / "copy")) for path in sorted((tmp_path / "copy").rglob("*"))] == ["a", "a/x"]
    assert (tmp_path / "copy" / "a").stat().st_mode & 0o200
    assert (tmp_path / "copy" / "a" / "x").stat().st_mode & 0o200
