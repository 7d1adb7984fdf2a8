"""Files are written whole and stay what they were; a folder is held by one at a time, and the lock says by whom."""

import os
import stat
import subprocess
import sys
import time

import pytest

from jalur import files


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664, 0o666])
def test_a_file_keeps_its_permissions(tmp_path, mode):
    path = tmp_path / "table.csv"
    path.write_text("old")
    path.chmod(mode)
    files.write_whole(path, b"new")
    assert (path.read_bytes(), stat.S_IMODE(path.stat().st_mode)) == (b"new", mode)


@pytest.mark.skipif(os.getuid() != 0, reason="only the superuser may give a file away")
def test_a_file_keeps_its_owner_and_group(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("old")
    os.chown(path, 1234, 4321)
    path.chmod(0o640)
    files.write_whole(path, b"new")
    there = path.stat()
    assert (there.st_uid, there.st_gid, stat.S_IMODE(there.st_mode)) == (1234, 4321, 0o640)


def test_a_link_stays_one(tmp_path):
    (tmp_path / "real").mkdir()
    real, link = tmp_path / "real" / "table.csv", tmp_path / "table.csv"
    real.write_text("old")
    link.symlink_to(real)
    files.write_whole(link, b"new")
    assert link.is_symlink()
    assert real.read_bytes() == link.read_bytes() == b"new"
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["real", "table.csv", "table.csv"]


def test_a_new_file_has_the_permissions_that_the_user_wants(tmp_path):
    (tmp_path / "plain").write_text("x")
    files.write_whole(tmp_path / "new", b"x")
    assert (tmp_path / "new").stat().st_mode == (tmp_path / "plain").stat().st_mode


@pytest.mark.parametrize("mode", [0o700, 0o770, 0o777])
def test_a_lock_has_the_permissions_of_the_folder_and_goes_with_its_holder(tmp_path, mode):
    tmp_path.chmod(mode)
    with files.locked(tmp_path, 0):
        lock = (tmp_path / files.LOCK).stat()
        assert stat.S_IMODE(lock.st_mode) == mode & 0o666
        assert lock.st_gid == tmp_path.stat().st_gid
    assert list(tmp_path.iterdir()) == []


def test_a_held_folder_names_its_holder(tmp_path):
    held = "from jalur import files; import sys, pathlib\nwith files.locked(pathlib.Path(sys.argv[1]), 0): input()"
    with subprocess.Popen([sys.executable, "-c", held, tmp_path], stdin=-1, text=True) as other:
        while not (tmp_path / files.LOCK).exists() or not (tmp_path / files.LOCK).read_text():
            time.sleep(0.01)
        began = time.monotonic()
        with pytest.raises(files.HeldError, match=f"process {other.pid}$"), files.locked(tmp_path, 0.2):
            pass
        assert time.monotonic() - began >= 0.2
        other.communicate("\n")
    with files.locked(tmp_path, 0):
        pass


def test_what_a_killed_holder_leaves_is_no_lock(tmp_path):
    (tmp_path / files.LOCK).write_text("ali on office, process 1")
    with files.locked(tmp_path, 0):
        assert str(os.getpid()) in (tmp_path / files.LOCK).read_text()
    assert not (tmp_path / files.LOCK).exists()


def test_one_at_a_time(tmp_path):
    """Every process adds one to a number that it read before: none is lost only if each is alone."""
    (tmp_path / "number").write_text("0")
    add = (
        "from jalur import files; import sys, pathlib\nfolder = pathlib.Path(sys.argv[1])\n"
        "for _ in range(50):\n    with files.locked(folder, 60):\n"
        "        n = int((folder / 'number').read_text()); (folder / 'number').write_text(str(n + 1))\n"
    )
    running = [subprocess.Popen([sys.executable, "-c", add, tmp_path]) for _ in range(3)]
    assert [process.wait(timeout=100) for process in running] == [0, 0, 0]
    assert (tmp_path / "number").read_text() == "150"


def test_a_link_in_the_place_of_a_lock_is_not_followed(tmp_path):
    (tmp_path / "precious").write_text("x")
    (tmp_path / files.LOCK).symlink_to(tmp_path / "precious")
    with pytest.raises(OSError, match="symbolic links"), files.locked(tmp_path, 0):
        pass
    assert (tmp_path / "precious").read_text() == "x"
