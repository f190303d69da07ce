"""Ledgers to test readers with: the golden ones, spoiled ones, and ones that are written by chance."""

import copy
import pathlib
import random
import subprocess
import tempfile
import unittest

import ledger_checker as checker

FIXTURES = pathlib.Path(__file__).resolve().parent.parent / "fixtures" / "ledger" / "v1"
GOLDEN = ("small", "whole", "archive")
REF = "refs/towpath/ledger/shop/web"


def fixture(name):
    return (FIXTURES / name).read_bytes()


def git(folder, *arguments, data=None):
    run = subprocess.run(["git", "-C", folder, *arguments], input=data, check=True, stdout=subprocess.PIPE)
    return run.stdout


def spoil(stream, old, new, count=1):
    """The stream with other bytes in it, all its `data` lengths set right."""
    assert stream.count(old) >= 1, f"{old!r} is not in the fixture"
    out, rest, left = [], stream, count
    while rest:
        line, _, rest = rest.partition(b"\n")
        if not line.startswith(b"data "):
            out.append(line + b"\n")
            continue
        size = int(line[5:])
        data, rest = rest[:size], rest[size:]
        if left and old in data:
            data, left = data.replace(old, new, 1), left - 1
        out.append(b"data %d\n" % len(data) + data)
    return b"".join(out)


class Repositories(unittest.TestCase):
    """A test that makes repositories of streams."""

    def repository(self, stream):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        git(folder.name, "init", "--quiet", "--bare", ".")
        git(folder.name, "fast-import", "--quiet", data=stream)
        return folder.name


def stamp(minutes):
    days, rest = divmod(minutes, 1440)
    return f"2026-{days // 28 + 1:02}-{days % 28 + 1:02}T{rest // 60:02}:{rest % 60:02}:00Z"


class Writer:
    """Writes a journal: events through the checker's fold, commits as a stream for `git fast-import`."""

    def __init__(self):
        self.fold, self.stream, self.pending, self.minutes = checker.Fold("shop/web"), [], [], 0

    @property
    def state(self):
        return self.fold.state

    def record(self, name, **members):
        """Adds an event to the next commit; the fold may refuse it."""
        n = self.state["n"] + 1 if self.state else 1
        event = checker.drop_none(dict(members, e=name, n=n, at=stamp(self.minutes), by="alice"))
        line = checker.canonical(event)
        self.fold.apply(checker.event(line))
        self.pending.append(line)

    def commit(self):
        """Ends the commit and lets releases leave for the archive."""
        if not self.pending:
            return
        lines = self.fold.overflow()
        s, count = self.state, len(self.pending)
        header = "Towpath-Ledger: 1 shop/web owner={id} epoch={epoch}".format(**s["owner"])
        block = [f"{header} n={s['n'] - count + 1}..{s['n']}"] + ["Towpath-Event: " + line for line in self.pending]
        files = {"state.json": checker.records(s) + "\n"}
        if lines:
            files[f"archive/{s['archive']['chunks']:05}.jsonl"] = "".join(lines)
        who = f"Towpath <towpath@shop.example> {1_790_000_000 + s['n']} +0000"
        self.stream.append(f"commit {REF}\ncommitter {who}\n")
        self.stream.append(data("shop/web: a test\n\n" + "\n".join(block) + "\n"))
        self.stream += [f"M 100644 inline {path}\n" + data(text) for path, text in files.items()]
        self.pending = []

    def bytes(self):
        return "".join(self.stream).encode()

    def release_id(self, images):
        return "r-" + checker.short_hash("towpath release", self.state["ledger"], *images)

    def release(self, image, **members):
        """Releases one image, as the next in sequence."""
        usual = {"r": self.release_id([image]), "seq": self.state["seq"] + 1, "images": [image], "authors": ["bob"],
                 "labels": {}}
        self.record("Released", **{**usual, **members})

    def promote(self, key, r, **members):
        """Promotes a release, in its next try."""
        number, salt = self.state["envs"][key]["tries"].get(r, 0) + 1, self.state.get("salt")
        texts = ["towpath promotion", self.state["ledger"], key, r, str(number)] + [salt] * bool(salt)
        usual = {"pid": "p-" + checker.short_hash(*texts), "env": key, "r": r, "try": number, "cause": "auto",
                 "commit": "c0" * 20, "base": "ba" * 20, "gates": GATES[0], "landed": True}
        self.record("Promoted", **{**usual, **members})


def data(text):
    return f"data {len(text.encode())}\n{text}\n"


GATES = ["g1:" + str(i) * 20 for i in range(3)]
KEYS = ("dev", "staging", "a-prod")


LIKELY = ["Released", "Promoted", "Live", "Unlive", "Started", "Judged", "Verified", "Baked"]


def config(key, path="apps"):
    return {"key": key, "name": key, "path": f"{path}/{key}", "branch": f"refs/heads/{key[0]}", "root": key == "dev",
            "edit": [{"kustomization": {"form": "tag", "image": "web"}}]}


def begin(keys=KEYS):
    w = Writer()
    w.record("Claimed", owner="me", epoch=1, reason="first sight \u2028 é")
    w.record("Configured", envs=[config(key) for key in keys], images=["web"], renamed={})
    return w


def image(number):
    return f"web@sha256:{number:064x}"


def large(releases, size):
    """Many releases, each with a note of that size; every tenth is promoted and becomes live."""
    w = begin(("dev", "a-prod"))
    for number in range(1, releases + 1):
        w.minutes += 1
        w.release(image(number), labels={"note": "é" * size})
        if number % 10 == 0:
            r = w.state["releases"][-1]["r"]
            w.promote("dev", r)
            if number % 30 == 0:
                w.promote("a-prod", r)
            at = {"env": "dev", "pid": w.state["envs"]["dev"]["at"]["pid"]}
            w.record("Live", **at, since=stamp(w.minutes), tree="7e" * 20)
            w.record("Verified", **at, r=r, gates=GATES[1])
            w.record("Baked", **at, result="passed")
            w.commit()
    w.commit()
    return w


class Chance:
    """Events of every kind with members by chance; those that the fold refuses leave no trace."""

    def __init__(self, seed):
        self.random, self.w = random.Random(seed), begin()

    def event(self):
        before = copy.deepcopy(self.w.state)
        try:
            self.attempt()
        except checker.Broken:
            self.w.fold.state = before

    def attempt(self):
        r, w = self.random, self.w
        w.minutes += r.choice((0, 0, 1, 7, 200))
        key = r.choice(KEYS)
        env = w.state["envs"][key]
        known = [x["r"] for x in w.state["releases"]] or ["r-" + "0" * 20]
        here = {"env": key, "pid": (env.get("at") or {}).get("pid", "p-" + "0" * 20)}
        envs = w.state["envs"].values()
        way = [e[m]["pid"] for e in envs for m in ("committing", "proposed") if m in e] or [here["pid"]]
        until = r.choice((None, stamp(w.minutes + r.randrange(300))))
        gate, try_ = self.run(env)
        gates = (env.get("at") or {}).get("runs", {}).get(gate, {"gates": GATES[0]})["gates"]
        name = r.choice(sorted(checker.EVENTS) + LIKELY * 3)
        if name == "Released":
            images, order = [image(r.randrange(40))], r.choice((None, None, r.randrange(50)))
            again = [x["seq"] for x in w.state["releases"] if x["images"] == images and x["seq"]]
            more = {"authors": r.choice(([], ["bob", "é"])), "labels": r.choice(({}, {"ci": "é", "note": "n"}))}
            w.release(images[0], order=order, seq=again[0] if again else w.state["seq"] + 1, **more)
            return
        if name == "Promoted":
            w.promote(key, r.choice(known), landed=r.random() < 0.7, **{"from": r.choice((None, known[0]))})
            return
        members = {
            "Claimed": lambda: {"owner": f"o{r.randrange(9)}", "epoch": w.state["owner"]["epoch"] + 1, "reason": "why",
                                "was": w.state["owner"]["id"]},
            "Configured": lambda: {"images": r.choice((["web"],) * 4 + (["api", "web"],)), "renamed": {},
                                   "envs": [config(k, r.choice(("apps",) * 4 + ("other",))) for k in KEYS
                                            if r.random() < 0.9]},
            "Confirmed": lambda: {"what": r.choice(("JournalLost", "HistoryRewritten")), "tip": "71" * 20},
            "Adopted": lambda: self.adoption(key),
            "Requested": lambda: {"q": f"q-{r.randrange(9)}", "env": key, "kind": "promote", "overrides": [],
                                  "r": r.choice(known)},
            "Closed": lambda: {"q": f"q-{r.randrange(9)}", "outcome": "done"},
            "Approved": lambda: {"env": key, "r": r.choice(known), "gates": r.choice(GATES), "groups": [],
                                 "until": until},
            "Unapproved": lambda: {"of": r.choice([a["n"] for a in w.state["approvals"]] or [1])},
            "Held": lambda: {"id": r.choice((f"h-{r.randrange(9)}", "h-" + here["pid"][2:])), "reason": "why",
                             "select": {"environments": [], "labels": {}}, "subject": "all", "stops": [],
                             "until": until},
            "Lifted": lambda: {"id": r.choice([h["id"] for h in w.state["holds"]] or ["h-0"])},
            "Overridden": lambda: {"pid": here["pid"], "gate": gate, "reason": "why"},
            "Cleared": lambda: {"env": key, "digests": [image(r.randrange(4))[4:]], "reason": "why"},
            "Proposed": lambda: {"pid": "p-" + "1" * 20, "env": key, "r": r.choice(known), "head": "4e" * 20,
                                 "pr": r.choice((None, 7))},
            "Landed": lambda: {"pid": r.choice(way), "commit": "1a" * 20},
            "Undone": lambda: {"pid": r.choice(way), "why": "race"},
            "Pinned": lambda: {"env": key, "commit": "9f" * 20, "set": ["web"]},
            "Unpinned": lambda: {"env": key, "how": "resumed"},
            "Live": lambda: {**here, "since": stamp(max(0, w.minutes - 3)), "tree": "7e" * 20},
            "Unlive": lambda: {**here, "until": stamp(max(0, w.minutes - r.randrange(5))), "why": "why"},
            "Started": lambda: {**here, "gate": gate, "gates": r.choice(GATES), "try": try_ + 1, "tree": "7e" * 20,
                                "deadline": stamp(w.minutes + 60), "handle": r.choice((None, "run/1"))},
            "Judged": lambda: {**here, "gate": gate, "try": try_, "gates": gates,
                               "detail": r.choice((None, "tab \t and \x7f")),
                               "verdict": r.choice(checker.WORDS["verdict"].split())},
            "Verified": lambda: {**here, "r": (env.get("at") or {"r": known[0]})["r"], "gates": r.choice(GATES),
                                 "policy": r.choice((None, *GATES))},
            "Baked": lambda: {**here, "result": r.choice(("passed", "cut"))},
            "Failed": lambda: {**here, "phase": "bake", "gate": r.choice((None, gate))},
            "Revoked": lambda: {"env": key, "r": r.choice(known), "why": "why"},
            "Rejected": lambda: {**here, "r": r.choice(known),
                                 "digests": [image(i)[4:] for i in range(4) if r.random() < 0.5]},
        }
        w.record(name, **members[name]())

    def run(self, env):
        """A gate, and how often it was tried."""
        gate = self.random.choice(("qa/smoke", "metrics/errors"))
        return gate, (env.get("at") or {}).get("runs", {}).get(gate, {"try": 0})["try"]

    def adoption(self, key):
        number = self.random.randrange(40)
        fields = [{"image": "web", "file": f"{self.random.randrange(3)}.yaml", "field": "tag"}]
        fields[0].update(self.random.choice(({}, {"raw": '"1"'})))
        opaque = self.random.random() < 0.2
        images = [] if opaque else [image(number)]
        r = f"r-{number:020x}" if opaque else self.w.release_id(images)
        return {"env": key, "r": r, "seq": 0, "commit": "ad" * 20, "images": images, "fields": fields}
