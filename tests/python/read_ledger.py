#!/usr/bin/env python3
"""Rebuilds the state of a Towpath ledger. It knows git and docs/ledger.md, whose letters and sections it uses.

    read_ledger.py [--check] REPOSITORY REF    prints the state; --check compares it with the tip's state.json instead

Events are taken as true: what a reader must refuse is looked for by ledger_checker.py."""
import hashlib, json, re, subprocess, sys
from datetime import datetime

MAX_RELEASES, MAX_WEIGHT, MAX_LINES, MAX_GOOD, MAX_APPROVALS = 1000, 600_000, 500, 10, 200

class Map(dict):  # a JSON object with members as attributes; one that is missing, or None, reads as an empty Map
    __setattr__ = dict.__setitem__
    def __getattr__(self, name): return Map() if self.get(name) is None else self[name]

def git(folder, *words): return subprocess.run(["git", "-C", folder, *words], check=True, stdout=subprocess.PIPE).stdout
def load(text): return json.loads(text, object_hook=Map)
def state_json(folder, commit): return load(git(folder, "cat-file", "blob", f"{commit}:state.json"))
def short_hash(*texts): return hashlib.sha256("".join(t + "\0" for t in texts).encode()).hexdigest()[:20]  # section 3
def pick(x, members, **more): return Map({m: x[m] for m in members.split() if x.get(m) is not None}, **more)
def without(items, member, value): return [x for x in items if x[member] != value]

def rebuild(folder, ref):  # sections 2 and 11
    S, form = None, ("--reverse", "--topo-order", "--encoding=UTF-8", "--format=%B%x00", "--end-of-options")
    for entry in git(folder, "rev-list", *form, ref).decode().split("\0")[:-1]:
        commit, message = entry.lstrip("\n")[len("commit "):].split("\n", 1)
        header, *lines = message.rstrip("\n").split("\n\n")[-1].split("\n")
        if not header.startswith("Towpath-Ledger: 1 "): raise ValueError(f"{commit} needs a newer towpath: {header}")
        events = [(load(x[15:]), x[15:]) for x in lines if x.startswith("Towpath-Event: ")]
        if S is None and not (events and events[0][0].n == 1):
            S = state_json(folder, commit)  # a rotation, or the edge of a shallow copy: what was before is not there
            continue
        for e, line in events:
            S = fold(S, e, line) if S else begin(header.split(" ")[2], e, line)
        overflow(S)
    return json.loads(json.dumps(S), object_hook=lambda m: {k: v for k, v in m.items() if v is not None})

def begin(pipeline, e, line):  # section 5, down to the class Event
    return Map(v=1, ledger="l-" + short_hash("towpath ledger", pipeline, line), pipeline=pipeline, role="main", n=1,
               seq=0, at=e.at, owner=Map(id=e.owner, epoch=1), images=[], archive=Map(chunks=0), seen=Map(), envs=Map(),
               releases=[], approvals=[], holds=[], requests=[])

def fold(S, e, line):
    if e.e not in vars(Event): raise ValueError(f"event {e.n} needs a newer towpath: {e.e}")
    S.n, S.at, S.holds, E = e.n, e.at, in_force(S.holds, e.at), S.envs.get(e.get("env"), Map())
    vars(Event)[e.e](S, E, E.at, Map(e, line=line))
    return S

def in_force(acts, at): return [x for x in acts if not x.until or x.until > at]
def release(S, r): return next((x for x in S.releases if x.r == r), Map())
def rank(x): return [x.order or 0, x.seq] if x.seq else [0, 0]
def see(S, E, commit, n): S.seen[E.config.branch] = Map(commit=commit, n=n)
def step(A, phase, e): A.phase, A.since = phase, e.at
def revoke(E, r): E.ok, E.good = Map({k: v for k, v in E.ok.items() if k != r}), without(E.good, "r", r)

def end_live(E, until):
    live, ok = E.at.pop("live", None), E.ok.get(E.at.get("r"))
    if live and ok:
        lasted = datetime.fromisoformat(until[:-1]) - datetime.fromisoformat(live.since[:-1])
        units = {"d": 86400, "h": 3600, "m": 60, "s": 1}
        before = sum(int(part[:-1]) * units[part[-1]] for part in re.findall(r"\d+.", ok.soak))
        t = min(366 * 86400, max(before, int(lasted.total_seconds())))
        counts = zip((t // 86400, t // 3600 % 24, t // 60 % 60, t % 60), units)
        ok.soak = "".join(f"{count}{unit}" for count, unit in counts if count) or "0s"

def add_good(E, g):
    g.baked = g.baked or any(x.baked for x in E.good if x.r == g.r)
    E.good = without(E.good, "r", g.r) + [g]
    if len(E.good) > MAX_GOOD: del E.good[1 if [i for i, x in enumerate(E.good) if x.baked] == [0] else 0]

class Event:  # what each does to the state S, its environment E and what is there, A
    def Claimed(S, E, A, e): S.owner = pick(e, "epoch", id=e.owner)
    def Configured(S, E, A, e):
        changed, S.images, wiring = S.images and S.images != e.images, e.images, "path branch edit"
        for E in S.envs.values(): E.removed = True
        for new in e.envs:
            E = S.envs.setdefault(new.key, Map(config=new, hw=[0, 0], good=[], ok=Map(), tries=Map(), rejected=[],
                                               voids=0, forgotten=0))
            if changed or pick(E.config, wiring) != pick(new, wiring):
                end_live(E, e.at); E.at = E.committing = E.pin = None
            E.config, E.removed = new, False
        for E in S.envs.values():
            if E.removed: end_live(E, e.at)
    def Confirmed(S, E, A, e):
        for E in S.envs.values():
            see(S, E, e.tip, e.n)
            if e.what == "HistoryRewritten": E.committing = None
        if e.what == "JournalLost": S.salt = "s-" + short_hash("towpath salt", e.line)
    def Released(S, E, A, e):
        known = release(S, e.r)
        if known.seq:
            known.update(pick(e, "order"), authors=known.authors + [a for a in e.authors if a not in known.authors])
            return
        new = pick(e, "r seq order at images authors labels", fields=known.fields or [])
        S.seq, S.releases = e.seq, without(S.releases, "r", e.r) + [new]
    def Adopted(S, E, A, e):
        known, place = release(S, e.r), "image file field"
        if not known:
            known = pick(e, "r seq at images", authors=[], labels=Map(), fields=[]); S.releases.append(known)
            for x in S.envs.values():
                if x.forgotten: x.tries.setdefault(e.r, x.forgotten)
        new = [pick(f, place) for f in e.fields]
        known.fields = [f for f in known.fields if pick(f, place) not in new] + e.fields
        end_live(E, e.at); see(S, E, e.commit, e.n)
        E.at = pick(e, "r commit at", cause="manual", phase="Adopted", since=e.at, runs=Map())
        E.at.update({"from": A.get("r"), "try": 0})

    def Requested(S, E, A, e): S.requests.append(pick(e, "q env r kind overrides by at"))
    def Closed(S, E, A, e): S.requests = without(S.requests, "q", e.q)
    def Approved(S, E, A, e):
        approvals = in_force(S.approvals, e.at) + [pick(e, "n env r gates groups by at until")]
        S.approvals = approvals[-MAX_APPROVALS:]
    def Unapproved(S, E, A, e): S.approvals = without(S.approvals, "n", e.of)
    def Held(S, E, A, e):
        S.holds.append(pick(e, "id select subject stops reason by at until"))
        for A in (x.at for x in S.envs.values() if x.at.failed and e.id == "h-" + x.at.pid[2:]): A.failed.held = True
    def Lifted(S, E, A, e): S.holds = without(S.holds, "id", e.id)
    def Overridden(S, E, A, e): pass
    def Cleared(S, E, A, e):
        for x in E.rejected: x.digests = [d for d in x.digests if d not in e.digests]
        E.rejected = without(E.rejected, "digests", [])

    def Proposed(S, E, A, e): E.proposed = pick(e, "pid r head pr at")
    def Promoted(S, E, A, e):
        E.tries[e.r] = e["try"]
        E.committing = pick(e, "pid r try commit cause from q gates at", phase="Syncing", since=e.at, runs=Map())
        if e.landed: Event.Landed(S, E, A, e)
    def Landed(S, E, A, e):
        E = next(x for _, x in sorted(S.envs.items()) if x.committing.pid == e.pid)
        end_live(E, e.at); see(S, E, e.commit, e.n)
        E.at, E.committing, E.proposed = Map(E.committing, commit=e.commit), None, None
        E.hw = max(E.hw, rank(release(S, E.at.r)))
    def Undone(S, E, A, e):
        for E in S.envs.values():
            if E.committing.pid == e.pid: E.committing = None
            if E.proposed.pid == e.pid: E.proposed = None
    def Pinned(S, E, A, e): end_live(E, e.at); E.pin = pick(e, "commit set at")
    def Unpinned(S, E, A, e): E.pin = None

    def Live(S, E, A, e):
        A.live = pick(e, "since tree")
        if A.phase == "Syncing": step(A, "Verifying", e)
    def Unlive(S, E, A, e):
        end_live(E, e.until); A.broken = e.until
        if A.phase == "Verifying":
            step(A, "Syncing", e)
            for run in A.runs.values(): run.update(verdict="Error", errors=0, inconclusive=0, detail=None)
    def Started(S, E, A, e):
        counts = pick(A.runs.get(e.gate, Map(errors=0, inconclusive=0)), "errors inconclusive")
        A.runs[e.gate] = pick(e, "try handle at deadline gates", **counts)
    def Judged(S, E, A, e):
        run = A.runs[e.gate]; run.update(pick(e, "verdict detail"))
        run.errors += e.verdict == "Error"; run.inconclusive += e.verdict == "Inconclusive"
    def Verified(S, E, A, e):
        step(A, "Verified", e); add_good(E, pick(e, "r gates at", baked=False))
        E.ok[e.r] = pick(e, "gates", soak=E.ok.get(e.r, Map()).soak or "0s")
    def Baked(S, E, A, e):
        step(A, "Settled", e)
        for g in [g for g in E.good if g.r == A.r and e.result == "passed"]: add_good(E, Map(g, baked=True, at=e.at))
    def Failed(S, E, A, e): step(A, "Failed", e); A.failed = pick(e, "phase gate at", held=False); revoke(E, A.r)
    def Revoked(S, E, A, e): revoke(E, e.r)
    def Rejected(S, E, A, e): E.voids = e.n; E.rejected += [pick(e, "digests r at")] if e.digests else []

def overflow(S):  # section 7
    envs, size = S.envs.values(), lambda *texts: sum(len(text.encode()) for text in texts)
    if len(S.releases) < MAX_RELEASES and MAX_WEIGHT > sum(80 * len(E.ok) + 30 * len(E.tries) for E in envs) + sum(
            160 + sum(size(t) + 3 for t in x.images + x.authors) + sum(size(*label) + 6 for label in x.labels.items())
            + sum(size(f.image, f.file, f.raw or "") + 60 for f in x.fields) for x in S.releases):
        return
    lowest = min((E.hw for E in envs if E.config.root and not E.removed), default=[0, 0])
    needed = {x.get("r") for x in S.approvals + S.requests + [g for E in envs for g in E.good]}
    needed |= {x.get(m) for E in envs for x in (E.at, E.committing, E.proposed) for m in ("r", "from")}
    leaving = {x.r: x for x in [x for x in S.releases if rank(x) < lowest and x.r not in needed][:MAX_LINES]}
    S.releases, S.archive.chunks = [x for x in S.releases if x.r not in leaving], S.archive.chunks + bool(leaving)
    for E in envs:
        E.forgotten = max([E.forgotten] + [E.tries.pop(r, 0) for r in leaving])
        E.ok = Map({r: ok for r, ok in E.ok.items() if r not in leaving})

def leaves(x, path=""):
    if not x or not isinstance(x, (dict, list)): return {path: json.dumps(x)}
    members = x.items() if isinstance(x, dict) else enumerate(x)
    return {p: text for key, member in members for p, text in leaves(member, f"{path}/{key}").items()}

def main(arguments):
    if len(arguments) - arguments.count("--check") != 2: return __doc__
    *option, folder, ref = arguments
    state = rebuild(folder, ref)
    if option != ["--check"]: return print(json.dumps(state, indent=1, sort_keys=True))
    there, made = leaves(state_json(folder, ref)), leaves(state)
    path = next((p for p in [*there, *made] if there.get(p) != made.get(p)), None)
    return path and f"{path} is {there.get(path)} in state.json, but the events make it {made.get(path)}"

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
