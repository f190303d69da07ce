"""The short reader: it makes of the events what their writer made, and notices a state.json that they do not make."""

import collections
import contextlib
import io
import json
import subprocess
import sys
import tempfile
import unittest
import unittest.mock

import ledger_checker as checker
import read_ledger as reader
from ledgers import GOLDEN, REF, Chance, Repositories, fixture, git, large, spoil


def tip(folder):
    return json.loads(git(folder, "cat-file", "blob", f"{REF}:state.json"))


# Those of the page, and some that are met often.
SMALL = {"MAX_GOOD": 3, "MAX_APPROVALS": 2, "MAX_LINES": 2}
BOUNDS = ({}, {**SMALL, "MAX_RELEASES": 12}, {**SMALL, "MAX_WEIGHT": 4000}, {**SMALL, "MAX_WEIGHT": 6000})


def by_chance(seed):
    chance = Chance(seed)
    for step in range(400):
        chance.event()
        if step % 9 == 0:
            chance.w.commit()
    chance.w.commit()
    return chance.w.bytes()


class Agreement(Repositories):
    def agrees(self, folder):
        state = reader.rebuild(folder, REF)
        self.assertEqual(checker.canonical(state), checker.canonical(tip(folder)))
        self.assertIsNone(reader.main(["--check", folder, REF]))
        return state

    def test_golden_ledgers(self):
        for name in GOLDEN:
            with self.subTest(name):
                state = self.agrees(self.repository(fixture(f"{name}.fast-import")))
                self.assertEqual(bool(state["archive"]["chunks"]), name == "archive")

    def test_every_state_of_the_whole_ledger(self):
        folder = self.repository(fixture("whole.fast-import"))
        commits = git(folder, "rev-list", REF).decode().split()
        self.assertGreater(len(commits), 30)
        for commit in commits:
            git(folder, "update-ref", REF, commit)
            self.agrees(folder)

    def test_shallow_copies(self):
        folder = self.repository(fixture("whole.fast-import"))
        for depth in (1, 3, 1000):
            with self.subTest(depth), tempfile.TemporaryDirectory() as copy:
                git(copy, "init", "--quiet", "--bare", ".")
                git(copy, "fetch", "--quiet", f"--depth={depth}", f"file://{folder}", f"{REF}:{REF}")
                self.agrees(copy)

    def test_many_releases_and_heavy_ones(self):
        for releases, size, left in ((1300, 4, 1000), (120, 3700, 120)):
            with self.subTest(releases):
                writer = large(releases, size)
                folder = self.repository(writer.bytes())
                state = self.agrees(folder)
                self.assertEqual(checker.canonical(state), checker.canonical(writer.state))
                self.assertGreater(state["archive"]["chunks"], 0)
                self.assertLess(len(state["releases"]), left)
                self.assertEqual(checker.verify(folder, REF)[2], state["n"])

    def test_ledgers_by_chance(self):
        recorded, chunks = collections.Counter(), 0
        for seed in range(40):
            with self.subTest(seed), contextlib.ExitStack() as stack:
                for module in (reader, checker):
                    stack.enter_context(unittest.mock.patch.dict(vars(module), BOUNDS[seed % len(BOUNDS)]))
                folder = self.repository(by_chance(seed))
                chunks += self.agrees(folder)["archive"]["chunks"]
                log = git(folder, "log", "--format=%B", REF).decode().split("\n")
                recorded.update(json.loads(line[15:])["e"] for line in log if line.startswith("Towpath-Event: "))
        self.assertEqual({name for name in checker.EVENTS if recorded[name] < 50}, set(), recorded)
        self.assertGreater(chunks, 50)


class Edges(unittest.TestCase):
    def test_the_weight_at_which_releases_leave(self):
        field = {"image": "wéb", "file": "a.yaml", "field": "tag"}
        release = {"r": "r-1", "seq": 1, "images": ["wéb@1"], "authors": ["bob"], "labels": {"k": "é"},
                   "fields": [field, dict(field, raw="é")]}
        env = {"config": {"root": True}, "removed": False, "hw": [0, 2], "good": [], "ok": {"r-2": {}},
               "tries": {"r-2": 1}, "forgotten": 0, "churn": 0}
        state = {"releases": [release], "envs": {"dev": env}, "approvals": [], "requests": [], "archive": {"chunks": 0}}
        weight = 160 + (6 + 3) + (3 + 3) + (1 + 2 + 6) + 2 * (4 + 6 + 60) + 2 + 80 + 30
        for bound, chunks in ((weight, 1), (weight + 1, 0)):
            with self.subTest(bound), unittest.mock.patch.object(reader, "MAX_WEIGHT", bound):
                read = reader.load(json.dumps(state))
                reader.overflow(read)
                self.assertEqual((read.archive.chunks, len(read.releases)), (chunks, 1 - chunks))

    def test_the_end_of_an_act_and_the_bounds(self):
        acts = [reader.Map(until="2026-11-21T09:00:00Z"), reader.Map(n=1)]
        for at, left in (("2026-11-21T08:59:59Z", acts), ("2026-11-21T09:00:00Z", acts[1:])):
            self.assertEqual(reader.in_force(acts, at), left)
        bounds = [getattr(reader, name) for name in vars(reader) if name.startswith("MAX_")]
        self.assertEqual(bounds, [getattr(checker, name) for name in vars(reader) if name.startswith("MAX_")])


class Differences(Repositories):
    def notices(self, stream, words):
        self.assertRegex(str(reader.main(["--check", self.repository(stream), REF])), words)

    def test_a_changed_state(self):
        for name, old, new, words in (
            ("small", b'"soak":"0s"', b'"soak":"9h"', "^/envs/dev/ok/r-.*/soak is \"9h\" in .* make it \"0s\"$"),
            ("small", b'"removed":false', b'"removed":0', "^/envs/dev/removed is 0 in .* make it false$"),
            ("small", b'\n"holds":[]', b'\n"holds":{}', "^/holds is {} in "),
            ("small", b'"r-aae311e182cdf9f47c98":1\n', b'"r-aae311e182cdf9f47c98":2\n', "^/envs/dev/tries/r-"),
            ("small", b'"seq":1,\n"v":1', b'"v":1', "^/seq is None in .* make it 1$"),
            ("small", b'\n"v":1\n', b'\n"u":1,\n"v":1\n', "^/u is 1 in .* make it None$"),
            ("archive", b'"archive":{\n"chunks":1', b'"archive":{\n"chunks":2', "^/archive/chunks is 2 in"),
            ("archive", b'"forgotten":1', b'"forgotten":0', "^/envs/.*/forgotten is 0 in .* make it 1$"),
        ):
            with self.subTest(new):
                self.notices(spoil(fixture(f"{name}.fast-import"), old, new, count=99), words)

    def test_a_changed_event(self):
        stream = fixture("small.fast-import")
        self.notices(spoil(stream, b'12 tests passed","e":', b'no tests passed","e":'), "/runs/qa/smoke/detail is ")
        self.notices(spoil(stream, b"first sight", b"first fight"), "^/ledger is ")

    def test_a_newer_version_stops(self):
        for old, new in ((b"Towpath-Ledger: 1 ", b"Towpath-Ledger: 2 "), (b'"e":"Configured"', b'"e":"Reconfigured"')):
            with self.subTest(new), self.assertRaisesRegex(ValueError, "needs a newer towpath"):
                reader.rebuild(self.repository(spoil(fixture("small.fast-import"), old, new)), REF)


class Command(Repositories):
    def test_it_prints_the_state(self):
        folder, out = self.repository(fixture("small.fast-import")), io.StringIO()
        with contextlib.redirect_stdout(out):
            self.assertIsNone(reader.main([folder, REF]))
        self.assertEqual(json.loads(out.getvalue()), json.loads(fixture("small.state.json")))

    def test_exit_codes(self):
        good = self.repository(fixture("small.fast-import"))
        bad = self.repository(spoil(fixture("small.fast-import"), b'"soak":"0s"', b'"soak":"9h"'))
        for code, words in ((0, ["--check", good, REF]), (1, ["--check", bad, REF]), (0, [bad, REF]),
                            (1, [good, "refs/towpath/ledger/shop/none"]), (1, [good, "--all"]), (1, [good])):
            with self.subTest(words):
                run = subprocess.run([sys.executable, reader.__file__, *words], stdout=subprocess.PIPE,
                                     stderr=subprocess.PIPE)
                self.assertEqual((run.returncode, bool(run.stderr)), (code, code == 1))


if __name__ == "__main__":
    unittest.main()
