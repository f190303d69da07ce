"""The checker over the golden ledgers, and over ledgers that somebody spoiled."""

import contextlib
import io
import json
import tempfile
import unittest

import ledger_checker as reader
from ledgers import GOLDEN, REF, Repositories, fixture, git, spoil


class Ledgers(Repositories):
    def refused(self, stream, why):
        with self.assertRaisesRegex(reader.Broken, why):
            reader.verify(self.repository(stream), REF)

    def test_golden_ledgers(self):
        for name in GOLDEN:
            with self.subTest(name):
                folder = self.repository(fixture(f"{name}.fast-import"))
                self.assertEqual(git(folder, "rev-parse", REF), fixture(f"{name}.tip"))
                commits, events, n = reader.verify(folder, REF)
                self.assertEqual(commits, len(git(folder, "rev-list", REF).split()))
                self.assertEqual(n, 1017 if name == "archive" else events)

    def test_every_event_is_in_the_golden_ledgers(self):
        names = {json.loads(line)["e"] for line in fixture("events.jsonl").decode().split("\n") if line}
        self.assertEqual(names, set(reader.EVENTS))

    def test_command(self):
        folder, out = self.repository(fixture("small.fast-import")), io.StringIO()
        with contextlib.redirect_stdout(out):
            self.assertEqual(reader.main([folder, REF]), 0)
        self.assertEqual(out.getvalue(), "ok 9 commits, 10 events, n=10\n")
        with contextlib.redirect_stderr(out):
            self.assertEqual(reader.main([folder, "refs/towpath/ledger/shop/none"]), 1)
            self.assertEqual(reader.main([folder, "--all"]), 1)
            self.assertEqual(reader.main([folder]), 2)
        self.assertIn("failed to read refs/towpath/ledger/shop/none", out.getvalue())

    def test_shallow_copy(self):
        folder = self.repository(fixture("whole.fast-import"))
        with tempfile.TemporaryDirectory() as copy:
            git(copy, "init", "--quiet", "--bare", ".")
            git(copy, "fetch", "--quiet", "--depth=3", f"file://{folder}", f"{REF}:{REF}")
            commits, events, n = reader.verify(copy, REF)
            self.assertEqual((commits, n), (3, 65))
            self.assertGreater(events, 0)

    def test_changed_event(self):
        self.refused(spoil(fixture("small.fast-import"), b'12 tests passed","e":', b'no tests passed","e":'),
                     "state.json is not what its events make")

    def test_changed_first_event(self):
        self.refused(spoil(fixture("small.fast-import"), b"first sight", b"first fight"), "state.json is not")

    def test_gap(self):
        stream = spoil(fixture("small.fast-import"), b"n=9..10\n", b"n=10..11\n")
        stream = spoil(spoil(stream, b'"dev","n":10,', b'"dev","n":11,'), b',"n":9,"pid"', b',"n":10,"pid"')
        self.refused(stream, "expected number 9, not 10")

    def test_range_and_events_differ(self):
        self.refused(spoil(fixture("small.fast-import"), b"n=9..10\n", b"n=9..9\n"), "the events are not those of")

    def test_time_that_goes_back(self):
        self.refused(spoil(fixture("small.fast-import"), b'{"at":"2026-11-21T09:20:00Z"', b'{"at":"2026-11-21T09:08:59Z"'),
                     "older than its predecessor")

    def test_wrong_state(self):
        self.refused(spoil(fixture("small.fast-import"), b'"soak":"0s"', b'"soak":"9h"'), "state.json is not")

    def test_wrong_state_in_the_middle(self):
        self.refused(spoil(fixture("whole.fast-import"), b'"try":3}}', b'"try":4}}'), "state.json is not")

    def test_forged_headers(self):
        stream = fixture("small.fast-import")
        line = b"Towpath-Ledger: 1 shop/web owner=5b1c9f3e-cluster epoch=1 n=2..2\n"
        for new, why in (
            (line.replace(b": 1 ", b": 2 "), "not a journal commit of format 1"),
            (line.replace(b"web owner", b"api owner"), "names another pipeline"),
            (line.replace(b"5b1c", b"6b1c"), "names another owner"),
            (line.replace(b"epoch=1", b"epoch=2"), "names another owner"),
            (line.replace(b"epoch=1", b"epoch=01"), "not canonical"),
            (line + line, "unknown line"),
            (line + b"Towpath-Continues: " + b"a" * 40 + b"\n", "unknown line"),
            (line + b"Signed-off-by: mallory\n", "unknown line"),
        ):
            with self.subTest(new):
                self.refused(spoil(stream, line, new), why)

    def test_forged_events(self):
        stream = fixture("small.fast-import")
        old = b'"e":"Configured",'
        for new, why in (
            (b'"e":"Reconfigured",', "unknown event 'Reconfigured'"),
            (b'"e":"Configured", ', "not canonical"),
            (b'"e":"Configured","e":"Configured",', "not canonical"),
            (b'"dry":true,"e":"Configured",', "has unknown"),
        ):
            with self.subTest(new):
                self.refused(spoil(stream, old, new), why)
        self.refused(spoil(stream, b',"n":2,"renamed":{}', b',"n":2'), "lacks")
        self.refused(spoil(stream, b'"reason":"first sight"', b'"reason":"' + b"x" * 65536 + b'"'), "longer than 65536")

    def test_another_release_under_the_same_id(self):
        stream = spoil(fixture("small.fast-import"), b":1.4.2@sha256:2222", b":1.4.2@sha256:3222", count=99)
        self.refused(stream, "not the id of its images")

    def test_archive_rewritten_or_missing(self):
        stream = fixture("archive.fast-import")
        # The third release went into the archive: its line stands in a file of its own there.
        line = b'{"release":{"at":"2026-11-20T08:00:00Z","authors":[],"fields":[],"images":["web@sha256:'
        self.refused(spoil(stream, line, line.replace(b"T08", b"T07")), "is not what left state.json")
        self.refused(stream.replace(b"archive/00001.jsonl", b"archive/00002.jsonl"), "00001.jsonl is missing")

    def test_two_parents(self):
        folder = self.repository(fixture("small.fast-import"))
        tree = git(folder, "rev-parse", f"{REF}^{{tree}}").decode().strip()
        message = git(folder, "log", "-1", "--format=%B", REF)
        environment = ["-c", "user.name=m", "-c", "user.email=m@shop.example"]
        forged = git(folder, *environment, "commit-tree", tree, "-p", f"{REF}~1", "-p", "refs/heads/main", data=message)
        git(folder, "update-ref", REF, forged.decode().strip())
        with self.assertRaisesRegex(reader.Broken, "one parent|journal commit"):
            reader.verify(folder, REF)


class Texts(unittest.TestCase):
    def test_hashes(self):
        self.assertEqual("l-" + reader.short_hash("towpath ledger", "shop/web", '{"n":1}'), "l-c4a3895f2e385711b520")

    def test_spans_read_back(self):
        for total in (0, 1, 60, 3600, 86399, 86400, 90061, reader.MAX_SOAK):
            self.assertEqual(reader.read_span(reader.span(total)), total)

    def test_image_names(self):
        for image, name in (("web@sha256:1", "web"), ("a.b:5000/web@sha256:1", "a.b:5000/web"),
                            ("a.b:5000/web:1.2@sha256:1", "a.b:5000/web")):
            self.assertEqual(reader.image_name(image), name)

    def test_good_keeps_the_last_baked(self):
        env = {"good": []}
        for i in range(30):
            reader.add_good(env, {"r": f"r{i}", "baked": i == 3})
        self.assertEqual([g["r"] for g in env["good"]], ["r3"] + [f"r{i}" for i in range(21, 30)])


if __name__ == "__main__":
    unittest.main()
