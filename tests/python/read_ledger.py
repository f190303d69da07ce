#!/usr/bin/env python3
"""Rebuilds the state of a Towpath ledger. It knows git and docs/ledger.md, whose letters and sections it uses.

    read_ledger.py [--check] REPOSITORY REF    prints the state; --check compares it with the tip's state.json instead

Events are taken as true: what a reader must refuse is looked for by ledger_checker.py."""
import hashlib, json, re, subprocess, sys
from datetime import datetime

class Map(dict):  # a JSON object with members as attributes; one that is missing, or None, reads as an empty Map
    __setattr__ = dict.__setitem__
    def __getattr__(self, name): return Map() if self.get(name) is None else self[name]

def git(folder, *words): return subprocess.run(["git", "-C", folder, *words], check=True, stdout=subprocess.PIPE).stdout
def state_json(folder, commit): return load(git(folder, "cat-file", "blob", f"{commit}:state.json"))
def load(text): return json.loads(text, object_hook=Map)

def rebuild(folder, ref):  # sections 2 and 11
    S, listing = None, ("rev-list", "--reverse", "--topo-order", "--encoding=UTF-8", "--format=%B%x00", ref, "--")
    for entry in git(folder, *listing).decode().split("\0")[:-1]:
        commit, message = entry.lstrip("\n")[len("commit "):].split("\n", 1)
        header, *lines = message.rstrip("\n").split("\n\n")[-1].split("\n")
        if not header.startswith("Towpath-Ledger: 1 "):
            raise ValueError(f"{commit} is not of version 1; use a newer towpath")
        lines = [line.split(" ", 1)[1] for line in lines if line.startswith("Towpath-Event: ")]
        if S is None and not (lines and load(lines[0]).n == 1):
            S = state_json(folder, commit)  # a rotation, or the edge of a shallow copy: what was before is not there
            continue
        for line in lines:
            S = begin(load(line), line, header.split(" ")[2]) if S is None else fold(S, load(line), line)
        overflow(S)
    return json.loads(json.dumps(S), object_hook=lambda m: {k: v for k, v in m.items() if v is not None})

def begin(e, line, pipeline):  # section 5, from here to the last event
    return Map(v=1, ledger="l-" + short_hash("towpath ledger", pipeline, line), pipeline=pipeline, role="main", n=1,
               at=e.at, owner=Map(id=e.owner, epoch=1), seq=0, archive=Map(chunks=0), seen=Map(), envs=Map(),
               images=[], releases=[], approvals=[], holds=[], requests=[])

def fold(S, e, line):
    if e.e not in vars(Event):
        raise ValueError(f"event {e.n} is an unknown {e.e}; use a newer towpath")
    S.n, S.at, S.holds, E = e.n, e.at, in_force(S.holds, e.at), S.envs.get(e.get("env"), Map())
    vars(Event)[e.e](S, E, E.at, Map(e, line=line))
    return S

def short_hash(*texts): return hashlib.sha256("".join(t + "\0" for t in texts).encode()).hexdigest()[:20]
def pick(x, members, **more): return Map({m: x[m] for m in members.split() if x.get(m) is not None}, **more)
def in_force(acts, at): return [x for x in acts if not x.until or x.until > at]
def without(items, member, value): return [x for x in items if x[member] != value]
def release(S, r): return next((x for x in S.releases if x.r == r), Map())
def rank(x): return [x.order or 0, x.seq] if x.seq else [0, 0]
def see(S, E, commit, n): S.seen[E.config.branch] = Map(commit=commit, n=n)

def end_live(E, until):
    live, ok = E.at.pop("live", None), E.ok.get(E.at.get("r"))
    if live and ok:
        lasted = datetime.fromisoformat(until[:-1]) - datetime.fromisoformat(live.since[:-1])
        before = sum(int(x[:-1]) * {"d": 86400, "h": 3600, "m": 60, "s": 1}[x[-1]] for x in re.findall(r"\d+.", ok.soak))
        t = min(366 * 86400, max(before, int(lasted.total_seconds())))
        parts = (t // 86400, "d"), (t // 3600 % 24, "h"), (t // 60 % 60, "m"), (t % 60, "s")
        ok.soak = "".join(f"{count}{unit}" for count, unit in parts if count) or "0s"

def add_good(E, g):
    g.baked = g.baked or any(x.baked for x in E.good if x.r == g.r)
    E.good = without(E.good, "r", g.r) + [g]
    if len(E.good) > 10:
        del E.good[1 if [x.baked for x in E.good].index(True) == 0 and sum(x.baked for x in E.good) == 1 else 0]

def revoke(E, r):
    E.ok.pop(r, None)
    E.good = without(E.good, "r", r)

class Event:  # what each does to the state S, to its environment E and to what is there, A
    def Claimed(S, E, A, e): S.owner = pick(e, "epoch", id=e.owner)
    def Configured(S, E, A, e):
        changed, S.images, keys = S.images and S.images != e.images, e.images, {config.key for config in e.envs}
        for new in e.envs:
            E = S.envs.setdefault(new.key, Map(config=new, hw=[0, 0], good=[], ok=Map(), tries=Map(), rejected=[],
                                               voids=0, forgotten=0))
            if changed or pick(E.config, "path branch edit") != pick(new, "path branch edit"):
                end_live(E, e.at)
                E.at = E.committing = E.pin = None
            E.config = new
        for key, E in S.envs.items():
            E.removed = key not in keys
            if E.removed: end_live(E, e.at)
    def Confirmed(S, E, A, e):
        for E in S.envs.values():
            see(S, E, e.tip, e.n)
            if e.what == "HistoryRewritten": E.committing = None
        if e.what == "JournalLost": S.salt = "s-" + short_hash("towpath salt", e.line)
    def Released(S, E, A, e):
        known = release(S, e.r)
        if known.seq:
            known.order = e.order
        else:
            new = pick(e, "r seq order at images authors labels", fields=known.fields or [])
            S.seq, S.releases = e.seq, without(S.releases, "r", e.r) + [new]
    def Adopted(S, E, A, e):
        known, new = release(S, e.r), [pick(f, "image file field") for f in e.fields]
        if known:
            known.fields = [f for f in known.fields if pick(f, "image file field") not in new] + e.fields
        else:
            S.releases.append(pick(e, "r seq at images fields", authors=[], labels=Map()))
            for x in S.envs.values():
                if x.forgotten: x.tries.setdefault(e.r, x.forgotten)
        end_live(E, e.at)
        more = {"from": A.get("r"), "try": 0}
        E.at = pick(e, "r commit at", cause="manual", phase="Adopted", since=e.at, runs=Map(), **more)
        see(S, E, e.commit, e.n)

    def Requested(S, E, A, e): S.requests.append(pick(e, "q env r kind overrides by at"))
    def Closed(S, E, A, e): S.requests = without(S.requests, "q", e.q)
    def Approved(S, E, A, e):
        S.approvals = in_force(S.approvals, e.at)[-199:] + [pick(e, "n env r gates groups by at until")]
    def Unapproved(S, E, A, e): S.approvals = without(S.approvals, "n", e.of)
    def Held(S, E, A, e):
        S.holds.append(pick(e, "id select subject stops reason by at until"))
        for x in S.envs.values():
            if x.at.failed and e.id == "h-" + x.at.pid[2:]: x.at.failed.held = True
    def Lifted(S, E, A, e): S.holds = without(S.holds, "id", e.id)
    def Overridden(S, E, A, e): pass
    def Cleared(S, E, A, e):
        left = [Map(x, digests=[d for d in x.digests if d not in e.digests]) for x in E.rejected]
        E.rejected = [x for x in left if x.digests]

    def Proposed(S, E, A, e): E.proposed = pick(e, "pid r head pr at")
    def Promoted(S, E, A, e):
        E.tries[e.r] = e["try"]
        E.committing = pick(e, "pid r try commit cause from q gates at", phase="Syncing", since=e.at, runs=Map())
        if e.landed: Event.Landed(S, E, A, e)
    def Landed(S, E, A, e):
        E = next(x for _, x in sorted(S.envs.items()) if x.committing.pid == e.pid)
        end_live(E, e.at)
        E.at, E.committing, E.proposed = Map(E.committing, commit=e.commit), None, None
        E.hw = max(E.hw, rank(release(S, E.at.r)))
        see(S, E, e.commit, e.n)
    def Undone(S, E, A, e):
        for x in S.envs.values():
            if x.committing.pid == e.pid: x.committing = None
            if x.proposed.pid == e.pid: x.proposed = None
    def Pinned(S, E, A, e):
        end_live(E, e.at)
        E.pin = pick(e, "commit set at")
    def Unpinned(S, E, A, e): E.pin = None

    def Live(S, E, A, e):
        A.live = pick(e, "since tree")
        if A.phase == "Syncing": A.phase, A.since = "Verifying", e.at
    def Unlive(S, E, A, e):
        end_live(E, e.until)
        A.broken = e.until
        if A.phase == "Verifying":
            A.phase, A.since = "Syncing", e.at
            for run in A.runs.values():
                run.update(verdict="Error", errors=0, inconclusive=0, detail=None)
    def Started(S, E, A, e):
        before = A.runs.get(e.gate, Map(errors=0, inconclusive=0))
        A.runs[e.gate] = pick(e, "try handle at deadline gates", **pick(before, "errors inconclusive"))
    def Judged(S, E, A, e):
        run = A.runs[e.gate]
        run.update(pick(e, "verdict detail"))
        run.errors += e.verdict == "Error"
        run.inconclusive += e.verdict == "Inconclusive"
    def Verified(S, E, A, e):
        A.phase, A.since = "Verified", e.at
        E.ok[e.r] = pick(e, "gates", soak=E.ok.get(e.r, Map()).soak or "0s")
        add_good(E, pick(e, "r gates at", baked=False))
    def Baked(S, E, A, e):
        A.phase, A.since = "Settled", e.at
        for g in E.good[:]:
            if e.result == "passed" and g.r == A.r: add_good(E, Map(g, baked=True, at=e.at))
    def Failed(S, E, A, e):
        A.phase, A.since, A.failed = "Failed", e.at, pick(e, "phase gate at", held=False)
        revoke(E, A.r)
    def Revoked(S, E, A, e): revoke(E, e.r)
    def Rejected(S, E, A, e):
        E.voids = e.n
        if e.digests: E.rejected.append(pick(e, "digests r at"))

def overflow(S):  # section 7
    envs, releases = S.envs.values(), S.releases
    if len(releases) < 1000 and weight(S) < 600_000:
        return
    lowest = min((E.hw for E in envs if E.config.root and not E.removed), default=[0, 0])
    needed = {x.get("r") for x in S.approvals + S.requests} | {g.r for E in envs for g in E.good}
    needed |= {x.get(m) for E in envs for x in (E.at, E.committing, E.proposed) for m in ("r", "from")}
    leaving = [x.r for x in releases if rank(x) < lowest and x.r not in needed][:500]
    S.releases, S.archive.chunks = [x for x in releases if x.r not in leaving], S.archive.chunks + bool(leaving)
    for E in envs:
        E.forgotten = max([E.forgotten] + [E.tries.pop(r, 0) for r in leaving])
        E.ok = Map({r: ok for r, ok in E.ok.items() if r not in leaving})

def weight(S):
    def size(*texts, more): return sum(len(t.encode()) for t in texts) + more
    total = sum(80 * len(E.ok) + 30 * len(E.tries) for E in S.envs.values())
    for x in S.releases:
        total += 160 + sum(size(t, more=3) for t in x.images + x.authors)
        total += sum(size(*label, more=6) for label in x.labels.items())
        total += sum(size(f.image, f.file, f.raw or "", more=60) for f in x.fields)
    return total

def leaves(x, path=""):
    if not x or not isinstance(x, (dict, list)): return {path: json.dumps(x)}
    members = x.items() if isinstance(x, dict) else enumerate(x)
    return {p: text for key, member in members for p, text in leaves(member, f"{path}/{key}").items()}

def main(arguments):
    *option, folder, ref = arguments
    state = rebuild(folder, ref)
    if option != ["--check"]:
        return print(json.dumps(state, indent=1, sort_keys=True))
    there, made = leaves(state_json(folder, ref)), leaves(state)
    path = next((p for p in [*there, *made] if there.get(p) != made.get(p)), None)
    return path and f"{path} is {there.get(path)} in state.json, but the events make it {made.get(path)}"

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
