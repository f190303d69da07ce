#!/usr/bin/env python3
"""Reads and checks a Towpath ledger: a second reader, written from docs/ledger.md alone.

    ledger_checker.py REPOSITORY REF

walks the journal from its root, folds every event and compares the result with each `state.json` and archive file.
It needs Python 3.9 and git. Numbers in comments are the sections of the page.
"""

import hashlib
import json
import re
import subprocess
import sys
from datetime import datetime, timezone

MAX_EVENT, MAX_EVENTS, MAX_MESSAGE = 64 * 1024, 200, 16 * 1024 * 1024
MAX_RELEASES, MAX_LINES, MAX_WEIGHT = 1000, 500, 600_000
MAX_GOOD, MAX_APPROVALS, MAX_HOLDS, MAX_REQUESTS, MAX_SOAK = 10, 200, 50, 20, 366 * 86400

# Section 4: members that an event must have, and those that it may have (?), beside n, at, by and e.
EVENTS = {name: members.split() for name, members in {
    "Claimed": "owner epoch reason was?", "Configured": "envs images renamed", "Confirmed": "what tip",
    "Released": "r seq images authors labels order?", "Adopted": "env r seq commit images fields",
    "Requested": "q env kind overrides r?", "Closed": "q outcome", "Approved": "env r gates groups until?",
    "Unapproved": "of", "Held": "id select subject stops reason until?", "Lifted": "id",
    "Overridden": "pid gate reason", "Cleared": "env digests reason", "Proposed": "pid env r head pr?",
    "Promoted": "pid env r try cause commit base gates landed from? q?", "Landed": "pid commit",
    "Undone": "pid why", "Pinned": "env commit set", "Unpinned": "env how", "Live": "env pid since tree",
    "Unlive": "env pid until why", "Started": "env pid gate gates try deadline tree handle?",
    "Judged": "env pid gate gates try verdict detail?", "Verified": "env pid r gates policy?",
    "Baked": "env pid result", "Failed": "env pid phase gate?", "Revoked": "env r why",
    "Rejected": "env pid r digests"}.items()}
PATTERNS = {"r": r"r-[0-9a-f]{20}", "pid": r"p-[0-9a-f]{20}", "gates": r"g1:[0-9a-f]{20}",
            "policy": r"g1:[0-9a-f]{20}", "by": r"[^\s@\"]{1,64}",
            "env": r"[a-z0-9-]{1,63}", "q": r"[a-z0-9-]{1,40}", "id": r"[a-z0-9-]{1,40}",
            **dict.fromkeys(("commit", "base", "head", "tip", "tree"), r"[0-9a-f]{40}([0-9a-f]{24})?")}
WORDS = {"cause": "auto manual rollback", "verdict": "Passed Failed Inconclusive Error", "result": "passed cut",
         "phase": "health verification bake", "kind": "promote rollback resume", "how": "resumed promoted restored",
         "what": "JournalLost HistoryRewritten"}
HEADER = re.compile(r"Towpath-Ledger: 1 ([a-z0-9-]+/[a-z0-9-]+) owner=(\S+) epoch=(\d+) n=(\d+)\.\.(\d+)")


class Broken(Exception):
    """The journal is not what the page says."""


def need(condition, reason):
    if not condition:
        raise Broken(reason)


def canonical(value):
    """Section 2: sorted keys, no blanks, only what must be escaped is."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def records(value, depth=0, inside=False):
    """Section 6: which parts of state.json stand on lines of their own."""
    if not value or not isinstance(value, (dict, list)) or not (depth < 2 or inside and depth < 4):
        return canonical(value)
    if isinstance(value, list):
        return "[\n" + ",\n".join(records(v, depth + 1, inside) for v in value) + "\n]"
    members = (canonical(k) + ":" + records(v, depth + 1, inside or depth == 0 and k == "envs")
               for k, v in sorted(value.items()))
    return "{\n" + ",\n".join(members) + "\n}"


def short_hash(*parts):
    """Section 3: 80 bits of SHA-256 over the parts, each followed by NUL."""
    return hashlib.sha256("".join(p + "\0" for p in parts).encode()).hexdigest()[:20]


def seconds(text):
    try:
        time = datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
    except (TypeError, ValueError):
        raise Broken(f"{text!r} is no time") from None
    need(time.strftime("%Y-%m-%dT%H:%M:%SZ") == text, f"{text!r} is not written as times are")
    return int(time.timestamp())


def read_span(text):
    return sum(int(n) * {"d": 86400, "h": 3600, "m": 60, "s": 1}[u] for n, u in re.findall(r"(\d+)([dhms])", text))


def span(total):
    parts = ((total // 86400, "d"), (total // 3600 % 24, "h"), (total // 60 % 60, "m"), (total % 60, "s"))
    return "".join(f"{n}{u}" for n, u in parts if n) or "0s"


def drop_none(mapping):
    return {k: v for k, v in mapping.items() if v is not None}


def rank(release):
    return [0, 0] if release["seq"] == 0 else [release.get("order", 0), release["seq"]]


def image_name(image):
    """What stands before tag and digest; a colon before a slash belongs to a port."""
    reference = image.partition("@")[0]
    name, colon, tag = reference.rpartition(":")
    return name if colon and "/" not in tag else reference


def parse(text):
    """Section 2: the header's groups, the continued tip and the events of a message."""
    need(len(text.encode()) <= MAX_MESSAGE, "the message is too long")
    lines = text.rstrip("\n").split("\n\n")[-1].split("\n")
    header = HEADER.fullmatch(lines[0])
    need(header, f"not a journal commit of format 1: {lines[0][:80]!r}")
    need(all(str(int(g)) == g for g in header.groups()[2:]), "a number of the header is not canonical")
    first, last = int(header[4]), int(header[5])
    if len(lines) == 2 and re.fullmatch(r"Towpath-Continues: [0-9a-f]{40,64}", lines[1]):
        need(first == last + 1, "a rotation's range is not empty")
        return header, lines[1].split()[1], []
    events = []
    for line in lines[1:]:
        need(line.startswith("Towpath-Event: "), f"unknown line {line[:60]!r}")
        events.append(event(line[len("Towpath-Event: "):]))
    need(0 < len(events) <= MAX_EVENTS, "a commit has 1 to 200 events")
    need([e["n"] for e in events] == list(range(first, last + 1)), f"the events are not those of n={first}..{last}")
    return header, None, events


def event(line):
    need(len(line.encode()) <= MAX_EVENT, "an event is longer than 65536 bytes")
    try:
        value = json.loads(line)
    except ValueError as error:
        raise Broken(f"an event is no JSON: {error}") from None
    need(isinstance(value, dict) and canonical(value) == line, f"not canonical: {line[:80]}")
    need(value.get("e") in EVENTS, f"unknown event {value.get('e')!r}; use a newer towpath")
    known = EVENTS[value["e"]] + ["n", "at", "by", "e"]
    missing = [m for m in known if not m.endswith("?") and m not in value]
    unknown = [m for m in value if m not in known and m + "?" not in known]
    need(not missing and not unknown, f"event {value.get('n')} lacks {missing}, has unknown {unknown}")
    for name, member in value.items():
        pattern = PATTERNS.get(name)
        need(not pattern or isinstance(member, str) and re.fullmatch(pattern, member), f"bad {name}: {member!r}")
        need(name not in WORDS or member in WORDS[name].split(), f"unknown {name}: {member!r}")
        need(member is not None, f"{name} is null")
    for name in {"at", "until", "since", "deadline"} & value.keys():
        seconds(value[name])
    return value


class Fold:
    """Section 5: the state, and what each event changes in it."""

    def __init__(self, pipeline, state=None):
        self.state, self.pipeline = state, pipeline

    def apply(self, e):
        need(self.state or e["e"] == "Claimed" and e["epoch"] == 1 and "was" not in e and e["n"] == 1,
             "a journal begins with Claimed, epoch and number 1")
        if not self.state:
            self.state = {
                "v": 1, "ledger": "l-" + short_hash("towpath ledger", self.pipeline, canonical(e)), "role": "main",
                "pipeline": self.pipeline, "owner": {"id": e["owner"], "epoch": 1}, "n": 1, "at": e["at"], "seq": 0,
                "images": [], "archive": {"chunks": 0}, "seen": {}, "envs": {}, "releases": [], "approvals": [],
                "holds": [], "requests": []}
            return
        s = self.state
        need(e["n"] == s["n"] + 1, f"expected number {s['n'] + 1}, not {e['n']}")
        need(e["at"] >= s["at"], f"event {e['n']} is older than its predecessor")
        s["holds"] = [h for h in s["holds"] if "until" not in h or h["until"] > e["at"]]
        try:
            getattr(self, e["e"])(e)
        except Broken as error:
            raise Broken(f"event {e['n']} ({e['e']}): {error}") from None
        s["n"], s["at"] = e["n"], e["at"]

    def env(self, key):
        need(key in self.state["envs"], f"no environment has the key {key}")
        return self.state["envs"][key]

    def current(self, e):
        at = self.env(e["env"]).get("at")
        need(at and at.get("pid") == e["pid"], f"{e['env']} is not at {e['pid']}")
        return at

    def release(self, r):
        return next((known for known in self.state["releases"] if known["r"] == r), None)

    def check_images(self, e):
        names = [image_name(image) for image in e["images"]]
        need(names and names == sorted(set(names)), "the images are no sorted set")
        lines = [f"{name}@{image.split('@')[1]}" for name, image in zip(names, e["images"])]
        need(e["r"] == "r-" + short_hash("towpath release", self.state["ledger"], *lines), "not the id of its images")

    def Claimed(self, e):
        owner = self.state["owner"]
        need(e["epoch"] == owner["epoch"] + 1 and e.get("was") == owner["id"], "claimed from another owner")
        self.state["owner"] = {"id": e["owner"], "epoch": e["epoch"]}

    def Configured(self, e):
        s = self.state
        changed, s["images"] = bool(s["images"]) and s["images"] != e["images"], e["images"]
        for env in s["envs"].values():
            env["removed"] = True
        for name in ("key", "name"):
            need(len({c[name] for c in e["envs"]}) == len(e["envs"]), f"a {name} stands twice")
        for config in e["envs"]:
            env = s["envs"].get(config["key"])
            if not env:
                s["envs"][config["key"]] = {
                    "config": config, "removed": False, "hw": [0, 0], "good": [], "ok": {}, "tries": {}, "rejected": [],
                    "voids": 0, "forgotten": 0, "churn": 0}
                continue
            moved = any(env["config"][m] != config[m] for m in ("path", "branch", "edit"))
            env["removed"], env["config"] = False, config
            if moved or changed:
                end_live(env, e["at"])
                for name in ("at", "committing", "pin"):
                    env.pop(name, None)
        for env in s["envs"].values():
            if env["removed"]:
                end_live(env, e["at"])

    def Confirmed(self, e):
        for env in self.state["envs"].values():
            self.state["seen"][env["config"]["branch"]] = {"commit": e["tip"], "n": e["n"]}
            if e["what"] == "HistoryRewritten":
                env.pop("committing", None)
        if e["what"] == "JournalLost":
            self.state["salt"] = "s-" + short_hash("towpath salt", canonical(e))

    def Released(self, e):
        s = self.state
        self.check_images(e)
        need(e.get("order", 0) >= 0, "an order is negative")
        known = self.release(e["r"])
        if known and known["seq"] > 0:
            new = [author for author in e["authors"] if author not in known["authors"]]
            before, order = known.get("order", -1), e.get("order", -1)
            need(e["seq"] == known["seq"] and order >= before and (order > before or new), "it is there already")
            known.update(drop_none({"order": e.get("order"), "authors": known["authors"] + new}))
            return
        need(e["seq"] == s["seq"] + 1, f"expected sequence {s['seq'] + 1}")
        need(known or len(s["releases"]) < MAX_RELEASES, "there are 1000 releases already")
        s["seq"] = e["seq"]
        s["releases"] = [r for r in s["releases"] if r is not known]
        s["releases"].append(drop_none({
            "r": e["r"], "seq": e["seq"], "order": e.get("order"), "at": e["at"], "images": e["images"],
            "authors": e["authors"], "labels": e["labels"], "fields": known["fields"] if known else []}))

    def Adopted(self, e):
        need(e["seq"] == 0, "a baseline has sequence 0")
        if e["images"]:
            self.check_images(e)
        env, known = self.env(e["env"]), self.release(e["r"])
        if known:
            place = [(f["image"], f["file"], f["field"]) for f in e["fields"]]
            kept = [f for f in known["fields"] if (f["image"], f["file"], f["field"]) not in place]
            known["fields"] = kept + e["fields"]
        else:
            self.state["releases"].append({"r": e["r"], "seq": 0, "at": e["at"], "images": e["images"],
                                           "authors": [], "labels": {}, "fields": e["fields"]})
            for other in self.state["envs"].values():
                if other["forgotten"]:
                    other["tries"].setdefault(e["r"], other["forgotten"])
        end_live(env, e["at"])
        env["churn"] = 0
        env["at"] = drop_none({
            "r": e["r"], "try": 0, "commit": e["commit"], "cause": "manual", "from": env.get("at", {}).get("r"),
            "at": e["at"], "phase": "Adopted", "since": e["at"], "runs": {}})
        self.state["seen"][env["config"]["branch"]] = {"commit": e["commit"], "n": e["n"]}

    def Requested(self, e):
        requests = self.state["requests"]
        need(len(requests) < MAX_REQUESTS and e["q"] not in [q["q"] for q in requests], "open, or too many are")
        self.env(e["env"])
        requests.append({k: e[k] for k in ("q", "env", "r", "kind", "overrides", "by", "at") if k in e})

    def Closed(self, e):
        left = [q for q in self.state["requests"] if q["q"] != e["q"]]
        need(len(left) < len(self.state["requests"]), "no such request is open")
        self.state["requests"] = left

    def Approved(self, e):
        self.env(e["env"])
        need(self.release(e["r"]), "no such release")
        valid = [a for a in self.state["approvals"] if "until" not in a or a["until"] > e["at"]]
        valid = valid[1:] if len(valid) >= MAX_APPROVALS else valid
        new = {k: e[k] for k in ("n", "env", "r", "gates", "groups", "by", "at", "until") if k in e}
        self.state["approvals"] = valid + [new]

    def Unapproved(self, e):
        self.state["approvals"] = [a for a in self.state["approvals"] if a["n"] != e["of"]]

    def Held(self, e):
        holds = self.state["holds"]
        need(len(holds) < MAX_HOLDS and e["id"] not in [h["id"] for h in holds], "in force, or too many are")
        members = ("id", "select", "subject", "stops", "reason", "by", "at", "until")
        holds.append({k: e[k] for k in members if k in e})
        for env in self.state["envs"].values():
            at = env.get("at", {})
            if "failed" in at and e["id"] == "h-" + at["pid"][2:]:
                at["failed"]["held"] = True

    def Lifted(self, e):
        self.state["holds"] = [h for h in self.state["holds"] if h["id"] != e["id"]]

    def Overridden(self, e):
        pass

    def Cleared(self, e):
        env = self.env(e["env"])
        for rejection in env["rejected"]:
            rejection["digests"] = [d for d in rejection["digests"] if d not in e["digests"]]
        env["rejected"] = [r for r in env["rejected"] if r["digests"]]

    def Proposed(self, e):
        need(self.release(e["r"]), "no such release")
        self.env(e["env"])["proposed"] = {k: e[k] for k in ("pid", "r", "head", "pr", "at") if k in e}

    def Promoted(self, e):
        s, env = self.state, self.env(e["env"])
        need(self.release(e["r"]), "no such release")
        salt = [s["salt"]] if "salt" in s else []
        pid = "p-" + short_hash("towpath promotion", s["ledger"], e["env"], e["r"], str(e["try"]), *salt)
        need(e["try"] == env["tries"].get(e["r"], 0) + 1 and e["pid"] == pid, "not the next try, or not its id")
        env["tries"][e["r"]] = e["try"]
        members = ("pid", "r", "try", "commit", "cause", "from", "q", "gates", "at")
        env["committing"] = {k: e[k] for k in members if k in e}
        env["committing"].update(phase="Syncing", since=e["at"], runs={})
        if e["landed"]:
            self.Landed(e)

    def Landed(self, e):
        envs = (v for _, v in sorted(self.state["envs"].items()) if v.get("committing", {}).get("pid") == e["pid"])
        env = next(envs, None)
        need(env, "it is not on its way")
        env["churn"] += env.get("at", {}).get("phase") in ("Syncing", "Verifying")
        end_live(env, e["at"])
        env["at"] = dict(env.pop("committing"), commit=e["commit"])
        env.pop("proposed", None)
        env["hw"] = max(env["hw"], rank(self.release(env["at"]["r"])))
        self.state["seen"][env["config"]["branch"]] = {"commit": e["commit"], "n": e["n"]}

    def Undone(self, e):
        for env in self.state["envs"].values():
            for name in ("committing", "proposed"):
                if env.get(name, {}).get("pid") == e["pid"]:
                    del env[name]

    def Pinned(self, e):
        env = self.env(e["env"])
        end_live(env, e["at"])
        env["pin"] = {k: e[k] for k in ("commit", "set", "at")}

    def Unpinned(self, e):
        self.env(e["env"]).pop("pin", None)

    def Live(self, e):
        at = self.current(e)
        need("live" not in at, "it is live already")
        at["live"] = {"since": e["since"], "tree": e["tree"]}
        if at["phase"] == "Syncing":
            at.update(phase="Verifying", since=e["at"])

    def Unlive(self, e):
        at = self.current(e)
        end_live(self.env(e["env"]), e["until"])
        at["broken"] = e["until"]
        if at["phase"] == "Verifying":
            at.update(phase="Syncing", since=e["at"])
            self.env(e["env"])["churn"] += 1
            for run in at["runs"].values():
                run.update(verdict="Error", errors=0, inconclusive=0)
                run.pop("detail", None)

    def Started(self, e):
        runs = self.current(e)["runs"]
        before = runs.get(e["gate"], {"try": 0, "verdict": None, "errors": 0, "inconclusive": 0})
        need(e["try"] == before["try"] + 1 and "verdict" in before, "it runs, or this is not its next try")
        runs[e["gate"]] = {k: e[k] for k in ("try", "handle", "at", "deadline", "gates") if k in e}
        runs[e["gate"]].update(errors=before["errors"], inconclusive=before["inconclusive"])

    def Judged(self, e):
        run = self.current(e)["runs"].get(e["gate"])
        need(run, "the gate did not start")
        need((run["try"], run["gates"]) == (e["try"], e["gates"]) and "verdict" not in run, "not of this run")
        run.update({k: e[k] for k in ("verdict", "detail") if k in e})
        if e["verdict"] in ("Error", "Inconclusive"):
            run[{"Error": "errors", "Inconclusive": "inconclusive"}[e["verdict"]]] += 1

    def Verified(self, e):
        at, env = self.current(e), self.env(e["env"])
        need(at["r"] == e["r"], "the promotion is of another release")
        at.update(phase="Verified", since=e["at"])
        env["churn"] = 0
        soak = env["ok"].get(e["r"], {"soak": "0s"})["soak"]
        env["ok"][e["r"]] = {**{k: e[k] for k in ("gates", "policy") if k in e}, "soak": soak}
        tree = {"tree": at["live"]["tree"]} if "live" in at else {}
        add_good(env, {"r": e["r"], "gates": e["gates"], "at": e["at"], "baked": False, **tree})

    def Baked(self, e):
        at, env = self.current(e), self.env(e["env"])
        at.update(phase="Settled", since=e["at"])
        good = next((g for g in env["good"] if g["r"] == at["r"]), None)
        if good and e["result"] == "passed":
            add_good(env, dict(good, baked=True, at=e["at"]))

    def Failed(self, e):
        at = self.current(e)
        at.update(phase="Failed", since=e["at"], failed={k: e[k] for k in ("phase", "gate", "at") if k in e})
        at["failed"]["held"] = False
        self.env(e["env"])["churn"] = 0
        revoke(self.env(e["env"]), at["r"])

    def Revoked(self, e):
        revoke(self.env(e["env"]), e["r"])

    def Rejected(self, e):
        env = self.env(e["env"])
        env["voids"] = e["n"]
        if e["digests"]:
            env["rejected"].append({k: e[k] for k in ("digests", "r", "at")})

    def overflow(self):
        """Section 7: the lines that leave for the archive after a commit."""
        s = self.state
        if len(s["releases"]) < MAX_RELEASES and weight(s) < MAX_WEIGHT:
            return []
        roots = [env["hw"] for env in s["envs"].values() if env["config"]["root"] and not env["removed"]]
        lowest, needed = min(roots, default=[0, 0]), {a["r"] for a in s["approvals"]}
        needed |= {q["r"] for q in s["requests"] if "r" in q}
        for env in s["envs"].values():
            needed |= {g["r"] for g in env["good"]} | {env[m]["r"] for m in ("at", "committing", "proposed") if m in env}
            needed |= {env[m]["from"] for m in ("at", "committing") if "from" in env.get(m, {})}
        leaving = [r for r in s["releases"] if rank(r) < lowest and r["r"] not in needed][:MAX_LINES]
        gone = {r["r"] for r in leaving}
        s["releases"] = [r for r in s["releases"] if r["r"] not in gone]
        for env in s["envs"].values():
            for r in gone:
                env["forgotten"] = max(env["forgotten"], env["tries"].pop(r, 0))
                env["ok"].pop(r, None)
        s["archive"]["chunks"] += bool(leaving)
        return [canonical({"release": r}) + "\n" for r in leaving]


def weight(state):
    def size(*texts):
        return sum(len(t.encode()) for t in texts)

    total = 0
    for env in state["envs"].values():
        total += sum(80 + 40 * ("policy" in ok) for ok in env["ok"].values()) + 30 * len(env["tries"])
    for r in state["releases"]:
        total += 160 + sum(size(t) + 3 for t in r["images"] + r["authors"])
        total += sum(size(k, v) + 6 for k, v in r["labels"].items())
        total += sum(size(f["image"], f["file"], f.get("raw", "")) + 60 for f in r["fields"])
    return total


def end_live(env, until):
    live = env.get("at", {}).pop("live", None)
    ok = env["ok"].get(env["at"]["r"]) if live else None
    if ok:
        lasted = max(0, seconds(until) - seconds(live["since"]))
        ok["soak"] = span(min(MAX_SOAK, max(read_span(ok["soak"]), lasted)))


def add_good(env, good):
    good["baked"] = good["baked"] or any(g["r"] == good["r"] and g["baked"] for g in env["good"])
    env["good"] = [g for g in env["good"] if g["r"] != good["r"]] + [good]
    if len(env["good"]) > MAX_GOOD:
        baked = [i for i, g in enumerate(env["good"]) if g["baked"]]
        del env["good"][1 if baked[-1:] == [0] else 0]


def revoke(env, r):
    env["ok"].pop(r, None)
    env["good"] = [g for g in env["good"] if g["r"] != r]


class Repository:
    """A repository, read through one `git cat-file`."""

    def __init__(self, path):
        self.git = ["git", "-C", path]
        self.process = subprocess.Popen(self.git + ["cat-file", "--batch"], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()

    def commits(self, ref):
        """The commits, oldest first."""
        need(re.fullmatch(r"refs/[\w./-]+", ref), f"{ref!r} is no full ref name")
        listing = subprocess.run(self.git + ["rev-list", "--reverse", "--topo-order", ref, "--"],
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        need(listing.returncode == 0, f"failed to read {ref}: {listing.stderr.decode(errors='replace').strip()}")
        return listing.stdout.decode().split()

    def read(self, name):
        """The id and bytes of an object; None where there is none."""
        self.process.stdin.write(name.encode() + b"\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().split()
        if answer[-1] == b"missing":
            return None, None
        data = self.process.stdout.read(int(answer[-1]))
        self.process.stdout.read(1)
        return answer[0].decode(), data


def check_archive(repository, commit, before, chunks, lines):
    """Section 7: one more file if lines left, and every older one untouched."""
    ids = {}
    for chunk in range(1, chunks + 1):
        path = f"archive/{chunk:05}.jsonl"
        ids[chunk], data = repository.read(f"{commit}:{path}")
        need(ids[chunk], f"{path} is missing")
        need(before is None or before.get(chunk, ids[chunk]) == ids[chunk], f"{path} was rewritten")
        if lines and chunk == chunks:
            need(data == "".join(lines).encode(), f"{path} is not what left state.json")
    need(repository.read(f"{commit}:archive/{chunks + 1:05}.jsonl")[0] is None, "there is a file too many in archive/")
    return ids


def verify(path, ref):
    """Checks a whole journal; answers the numbers of commits and events, and the last event's number."""
    fold, parent, archive, events_read = None, None, None, 0
    with Repository(path) as repository:
        commits = repository.commits(ref)
        need(commits, f"{ref} has no commits")
        for commit in commits:
            try:
                fold, archive, count = step(repository, commit, parent, fold, archive)
            except Broken as error:
                raise Broken(f"commit {commit[:12]}: {error}") from None
            parent, events_read = commit, events_read + count
    return len(commits), events_read, fold.state["n"]


def step(repository, commit, parent, fold, archive):
    """Folds one commit and compares."""
    head, _, text = repository.read(commit)[1].decode().partition("\n\n")
    parents = re.findall(r"^parent (\w+)$", head, re.MULTILINE)
    header, continues, events = parse(text)
    _, data = repository.read(f"{commit}:state.json")
    need(data, "there is no state.json")
    carried = json.loads(data)
    need(carried.get("v") == 1, f"state.json has format {carried.get('v')}")
    lines = []
    if fold is None and (parents or continues):
        # The edge of a shallow copy or a rotation: what was before is not there, so this state is the start.
        fold = Fold(header[1], carried)
    else:
        need(parents == ([parent] if parent else []) and not continues, "a journal commit has one parent")
        fold = fold or Fold(header[1])
        for e in events:
            fold.apply(e)
        lines = fold.overflow()
    s = fold.state
    need(header[1] == s["pipeline"], "the header names another pipeline")
    need((header[2], int(header[3])) == (s["owner"]["id"], s["owner"]["epoch"]), "the header names another owner")
    need(int(header[5]) == s["n"], "the header and state.json disagree on n")
    need((records(s) + "\n").encode() == data, "state.json is not what its events make")
    return fold, check_archive(repository, commit, archive, s["archive"]["chunks"], lines), len(events)


def main(arguments):
    if len(arguments) != 2:
        sys.stderr.write("usage: ledger_checker.py REPOSITORY REF\n")
        return 2
    try:
        print("ok {} commits, {} events, n={}".format(*verify(*arguments)))
    except (Broken, KeyError, TypeError, ValueError, OSError) as error:
        sys.stderr.write(f"failed to read the ledger: {type(error).__name__}: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
