"""Files whole or not at all, and manifests that notice every change."""

from __future__ import annotations

import errno
import json
import os

import pytest

from jalur import files
from jalur.runner import manifest
from jalur.runner.manifest import DataHashes, Manifest


def test_a_file_is_replaced_in_one_step(tmp_path):
    path = tmp_path / "brief.en.html"
    files.write_whole(path, b"first")
    files.write_whole(path, b"second")
    assert path.read_bytes() == b"second"
    assert os.listdir(tmp_path) == ["brief.en.html"]


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch, step):
    path = tmp_path / "verdict.json"
    files.write_whole(path, b"old")

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, step, full)
    with pytest.raises(OSError, match="No space left"):
        files.write_whole(path, b"new")
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["verdict.json"]


def test_partial_files_of_a_killed_run_are_removed_and_others_are_kept(tmp_path):
    for name in (".brief.en.html.0a1b2c3d.part", ".hidden", "notes.part"):
        (tmp_path / name).write_bytes(b"x")
    files.remove_partial(tmp_path)
    assert sorted(os.listdir(tmp_path)) == [".hidden", "notes.part"]


HASH = "0123456789abcdef" * 4


def noted(folder, data, **changes):
    (folder / "a.ipynb").write_bytes(b"result")
    hashes = {name: data.of(name) for name in ("one.csv", "sub/", "missing.csv")}
    entry = manifest.done(HASH, {"a.ipynb": b"result"}, hashes, 1.0, 2.0)
    known = Manifest(folder)
    known.note("a", entry.model_copy(update=changes), {"programme": "p"})
    return Manifest.read(folder)


@pytest.fixture
def data(tmp_path):
    folder = tmp_path / "data"
    (folder / "sub").mkdir(parents=True)
    (folder / "one.csv").write_bytes(b"1")
    return folder


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "report"
    made.mkdir()
    return made


def test_up_to_date_only_while_everything_is_as_noted(folder, data):
    known = noted(folder, DataHashes(data))
    assert known.up_to_date("a", HASH, DataHashes(data))
    assert not known.up_to_date("a", "another", DataHashes(data))
    assert not known.up_to_date("b", HASH, DataHashes(data))
    for path, content in ((data / "one.csv", b"2"), (data / "sub" / "new.csv", b""), (data / "missing.csv", b"")):
        before = path.read_bytes() if path.is_file() else None
        path.write_bytes(content)
        assert not known.up_to_date("a", HASH, DataHashes(data)), path
        path.unlink() if before is None else path.write_bytes(before)
    assert known.up_to_date("a", HASH, DataHashes(data))
    (folder / "a.ipynb").write_bytes(b"resulT")
    assert not known.up_to_date("a", HASH, DataHashes(data))
    (folder / "a.ipynb").unlink()
    assert not known.up_to_date("a", HASH, DataHashes(data))


def test_a_failure_is_never_up_to_date(folder, data):
    known = Manifest(folder)
    known.note("a", manifest.failed("reason"), {})
    assert not Manifest.read(folder).up_to_date("a", HASH, DataHashes(data))


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b'{"schema_version": "0"}', b'{"schema_version": "1.1", "work": []}', b"\xff"],
)
def test_a_manifest_that_cannot_be_read_is_none(folder, data, content):
    (folder / manifest.NAME).write_bytes(content)
    known = Manifest.read(folder)
    assert known.work == {}
    assert not known.up_to_date("a", HASH, DataHashes(data))


GOOD = {"status": "done", "inputs_sha256": HASH, "data_sha256": {}, "files_sha256": {}}


def written(folder, entry) -> Manifest:
    (folder / manifest.NAME).write_text(json.dumps({"schema_version": "1.1", "work": {"a": entry}}))
    return Manifest.read(folder)


@pytest.mark.parametrize(
    "entry",
    [
        None,
        3,
        [],
        "text",
        {},
        {"status": "done"},
        {**GOOD, "data_sha256": 1},
        {**GOOD, "files_sha256": 3},
        {**GOOD, "files_sha256": {"a.ipynb": "0"}},
        {**GOOD, "inputs_sha256": "hash"},
        {**GOOD, "reason": ["x"]},
        {**GOOD, "seconds": "soon"},
    ],
)
def test_an_entry_of_another_shape_counts_as_none(folder, data, entry):
    assert written(folder, GOOD).up_to_date("a", HASH, DataHashes(data))
    known = written(folder, entry)
    assert known.work == {}
    assert not known.up_to_date("a", HASH, DataHashes(data))


def test_a_manifest_nested_without_end_counts_as_none(folder):
    (folder / manifest.NAME).write_text('{"schema_version": "1.1", "work": ' + "[" * 100_000)
    assert Manifest.read(folder).work == {}


@pytest.mark.parametrize(
    "name",
    ["../precious.txt", "/etc/passwd", "..", ".", "", "sub/precious.txt", "sub\\x.txt", ".hidden", "a\nb", "C:x"],
)
def test_a_manifest_names_plain_files_of_its_own_folder(folder, name):
    assert written(folder, {**GOOD, "files_sha256": {"precious.txt": HASH}}).work
    assert written(folder, {**GOOD, "files_sha256": {name: HASH}}).work == {}


def test_only_what_jalur_made_is_ever_deleted(folder):
    """A file whose bytes are not those noted belongs to somebody else."""
    (folder / "brief.en.pdf").write_bytes(b"made")
    (folder / "precious.txt").write_bytes(b"precious")
    hashes = {"brief.en.pdf": manifest.sha256(b"made"), "precious.txt": HASH, "gone.txt": HASH}
    known = written(folder, {**GOOD, "files_sha256": hashes})
    assert known.superseded("a", ["brief.en.html"]) == [folder / "brief.en.pdf"]
    assert known.superseded("a", ["brief.en.pdf"]) == []
    assert known.superseded("b", []) == []


def test_times_come_from_source_date_epoch_where_it_is_set(monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    assert manifest.moment() == "1970-01-01T00:00:00+00:00"
    entry = manifest.done(HASH, {}, {}, 1.0, 2.0)
    assert not {"seconds", "peak_mib", "finished"} & entry.model_fields_set


def test_everything_lists_folders_too(data):
    assert DataHashes(data).everything() == ("./", "one.csv", "sub/")
