"""What is there and right is left alone; what comes from outside is not believed."""

import contextlib
import hashlib
import io
import tarfile
import tempfile
import unittest
import zipfile
from pathlib import Path

import fetch
import manifest
import packages
from manifest import SourceFile
from packages import FetchError

MANIFEST = manifest.load(Path(__file__).parent.parent / "manifest.toml")


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


class InAFolder(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.said = self.enterContext(contextlib.redirect_stderr(io.StringIO()))


class Choosing(unittest.TestCase):
    def test_everything_by_default_with_the_library_of_this_machine(self):
        chosen = fetch.choose(MANIFEST, None, "aarch64")
        self.assertEqual([e.id for e in chosen], [
            *("onnxruntime", "ssdlite-mobilenetv2", "nanodet-g", "aerial", "aerial-int8"),
            *("plate-corners", "plate-text", "centerface", "change"),
        ])
        self.assertEqual(chosen[0].machine, "aarch64")

    def test_only_one_model(self):
        chosen = fetch.choose(MANIFEST, ["nanodet-g"], "x86_64")
        self.assertEqual([e.id for e in chosen], ["onnxruntime", "nanodet-g"])

    def test_openvino_comes_along_where_the_cpu_can_use_it(self):
        runtimes = lambda flags: [e.id for e in fetch.choose(MANIFEST, ["nanodet-g"], "x86_64", flags)[:-1]]  # noqa: E731
        self.assertEqual(runtimes({"sse2", "avx512_vnni"}), ["onnxruntime"])
        self.assertEqual(runtimes({"sse2", "amx_bf16"}), ["onnxruntime", "onnxruntime-openvino"])

    def test_unknown_model(self):
        with self.assertRaisesRegex(FetchError, "no model `nanodet`; the manifest has ssdlite-mobilenetv2, nanodet-g, aerial, aerial-int8, plate-corners, plate-text"):
            fetch.choose(MANIFEST, ["nanodet"], "x86_64")

    def test_unknown_machine(self):
        with self.assertRaisesRegex(FetchError, "not listed for riscv64, only for x86_64, aarch64"):
            fetch.choose(MANIFEST, None, "riscv64")


class Checking(InAFolder):
    def test_tells_missing_from_damaged_and_names_the_file(self):
        wanted = fetch.choose(MANIFEST, None, "x86_64")
        (self.folder / wanted[1].file).write_bytes(b"not a model")
        self.assertEqual(fetch.verify(wanted, self.folder), 1)
        self.assertIn("libonnxruntime.so: missing", self.said.getvalue())
        self.assertIn("ssdlite-mobilenetv2.onnx: damaged", self.said.getvalue())

    def test_every_file_of_a_folder_counts(self):
        (library,) = (r for r in MANIFEST.runtime if r.folder)
        for file in library.source.files:
            self.assertEqual(fetch.problem(library, self.folder), "missing")
            target = self.folder / library.folder / Path(file.path).name
            target.parent.mkdir(exist_ok=True)
            target.write_bytes(b"")
        self.assertEqual(fetch.problem(library, self.folder), "damaged")

    def test_a_complete_folder_replaces_a_damaged_one(self):
        made, target = self.folder / "made", self.folder / "there"
        for folder, name in ((made, "new"), (target, "old")):
            folder.mkdir()
            (folder / name).write_bytes(b"x")
        fetch.put_folder_in_place(made, target)
        self.assertEqual([file.name for file in target.iterdir()], ["new"])

    def test_a_run_clears_what_a_killed_one_left(self):
        (self.folder / ".tmp-old").mkdir()
        with fetch.locked(self.folder):
            self.assertFalse((self.folder / ".tmp-old").exists())

    def test_a_new_file_replaces_the_old_one(self):
        old, new = self.folder / "a", self.folder / "b"
        old.write_bytes(b"old")
        new.write_bytes(b"new")
        fetch.put_in_place(new, old)
        self.assertEqual(old.read_bytes(), b"new")
        self.assertFalse(new.exists())


class OfOurOwn(InAFolder):
    def test_lies_beside_the_manifest_and_is_not_fetched(self):
        (model,) = fetch.choose(MANIFEST, ["aerial"], "x86_64")[1:]
        self.assertIsNone(fetch.problem(model, self.folder))


class Extracting(InAFolder):
    def tar(self, name: str, data: bytes) -> Path:
        archive = self.folder / "some-1.0.tgz"
        with tarfile.open(archive, "w:gz") as tar:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
        return archive

    def test_takes_the_named_files_from_both_kinds_of_archive(self):
        wheel = self.folder / "some-1.0.whl"
        with zipfile.ZipFile(wheel, "w") as made:
            made.writestr("lib/x.so", b"wheel")
        packages.extract(wheel, [SourceFile("lib/x.so", digest(b"wheel"))], self.folder)
        packages.extract(self.tar("package/m", b"tar"), [SourceFile("package/m", digest(b"tar"))], self.folder)
        self.assertEqual((self.folder / "lib/x.so").read_bytes(), b"wheel")
        self.assertEqual((self.folder / "package/m").read_bytes(), b"tar")

    def test_refuses_a_file_with_another_hash(self):
        with self.assertRaisesRegex(FetchError, "package/m in some-1.0.tgz is not the one that the manifest names"):
            packages.extract(self.tar("package/m", b"evil"), [SourceFile("package/m", digest(b"good"))], self.folder)

    def test_names_a_file_that_is_not_there(self):
        with self.assertRaisesRegex(FetchError, "cannot read package/m from some-1.0.tgz"):
            packages.extract(self.tar("package/other", b""), [SourceFile("package/m", digest(b""))], self.folder)

    def test_refuses_an_archive_that_is_cut_off(self):
        archive = self.tar("package/m", bytes(range(256)) * 4096)
        archive.write_bytes(archive.read_bytes()[:100])
        with self.assertRaisesRegex(FetchError, "cannot read package/m from some-1.0.tgz"):
            packages.extract(archive, [SourceFile("package/m", digest(b""))], self.folder)


class Running(InAFolder):
    def test_the_last_words_of_a_failed_command_are_in_the_error(self):
        command = ["sh", "-c", "echo no such package >&2; exit 7"]
        with self.assertRaises(FetchError) as raised:
            packages.run(command, "cannot download it", "do this")
        self.assertEqual(str(raised.exception), "cannot download it; sh ended with 7:\n    no such package\n  do this")
