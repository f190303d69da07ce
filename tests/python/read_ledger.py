#!/usr/bin/env python3
"""read_ledger.py [--check] REPOSITORY REF     prints the state that a Towpath ledger's events make; --check
compares it with the tip's state.json instead. It knows git and docs/ledger.md, whose letters and helpers these
are, and takes events as true: what a reader must refuse is looked for by ledger_checker.py."""
import datetime, hashlib, json, re, subprocess, sys

MAX_RELEASES, MAX_WEIGHT, MAX_LINES, MAX_GOOD, MAX_APPROVALS = 1000, 600_000, 500, 10, 200
UNITS = ("d", 86400, 367), ("h", 3600, 24), ("m", 60, 60), ("s", 1, 60)  # letter, seconds, how many fit
NEW_S = ('{"v":1,"role":"main","seq":0,"images":[],"archive":{"chunks":0},"seen":{},"envs":{},"releases":[],'
         '"approvals":[],"holds":[],"requests":[]}')
NEW_E = '{"hw":[0,0],"good":[],"ok":{},"tries":{},"rejected":[],"voids":0,"forgotten":0,"churn":0}'

class Map(dict):  # a JSON object, members as attributes. None is no member; what is missing reads as Map()
    __setattr__ = dict.__setitem__
    def __getattr__(self, name): return Map() if self.get(name) is None else self[name]

def git(folder, *words): return subprocess.check_output(["git", "-C", folder, *words]).decode()
def load(text): return json.loads(text, object_hook=Map)
def state_json(folder, commit): return load(git(folder, "cat-file", "blob", f"{commit}:state.json"))
def short_hash(*texts): return hashlib.sha256("".join(t + "\0" for t in texts).encode()).hexdigest()[:20]
def pick(x, members, **more): return Map({m: x.get(m) for m in members.split()}, **more)
def find(items, member, value): return next((x for x in items if x[member] == value), Map())
def without(items, member, value): return [x for x in items if x[member] != value]
def in_force(acts, at): return [x for x in acts if not x.until or x.until > at]
def rank(x): return [x.order or 0, x.seq] if x.seq else [0, 0]
def see(S, E, e, commit): S.seen[E.config.branch] = Map(commit=commit, n=e.n)
def revoke(E, r): E.ok.pop(r, None); E.good = without(E.good, "r", r)
def step(A, e, phase, **more): A.update(more, phase=phase, since=e.at)
def there(e, members, phase, **more): return pick(e, members, phase=phase, since=e.at, runs=Map(), **more)
def run(A, e): return A.runs.setdefault(e.gate, Map(errors=0, inconclusive=0))

def end_live(E, until):
    live, ok = E.at.pop("live", None), E.ok.get(E.at.get("r"))
    if live and ok:
        start, end = (datetime.datetime.fromisoformat(at[:-1]) for at in (live.since, until))
        t = sum(size * int(x) for unit, size, _ in UNITS for x in re.findall(rf"(\d+){unit}", ok.soak))
        t = min(366 * 86400, max(t, int((end - start).total_seconds())))
        ok.soak = "".join(f"{t // size % fit}{unit}" for unit, size, fit in UNITS if t // size % fit) or "0s"

def add_good(E, g):
    g.baked = g.baked or bool(find(E.good, "r", g.r).baked)
    E.good = without(E.good, "r", g.r) + [g]
    if len(E.good) > MAX_GOOD: del E.good[1 if [x for x in E.good if x.baked] == E.good[:1] else 0]

class Event:  # section 5: what each does to the state S, its environment E and what is there, A
    def Claimed(S, E, A, e):
        S.owner = pick(e, "epoch", id=e.owner)
        if e.n == 1: S.ledger = "l-" + short_hash("towpath ledger", S.pipeline, e.line)
    def Configured(S, E, A, e):
        changed, S.images, wiring = S.images and S.images != e.images, e.images, "path branch edit"
        for key in {*S.envs, *(new.key for new in e.envs)}:
            E, new = S.envs.setdefault(key, load(NEW_E)), find(e.envs, "key", key)
            moved = new and (changed or pick(new, wiring) != pick(E.config, wiring))
            if moved or not new: end_live(E, e.at)
            if moved: E.at = E.committing = E.pin = None
            E.config, E.removed = new or E.config, not new
    def Confirmed(S, E, A, e):
        lost = e.what == "JournalLost"
        if lost: S.salt = "s-" + short_hash("towpath salt", e.line)
        for E in S.envs.values(): see(S, E, e, e.tip); E.committing = E.get("committing") if lost else None
    def Released(S, E, A, e):
        known, new = find(S.releases, "r", e.r), pick(e, "r seq order at images authors labels")
        if known.seq:
            known.order = e.get("order"); known.authors += [a for a in e.authors if a not in known.authors]
        else:
            S.seq, S.releases = e.seq, without(S.releases, "r", e.r) + [Map(new, fields=known.fields or [])]
    def Adopted(S, E, A, e):
        known, place = find(S.releases, "r", e.r), lambda f: (f.image, f.file, f.field)
        if not known:
            known = pick(e, "r seq at images", authors=[], labels=Map(), fields=[]); S.releases.append(known)
            for x in [x for x in S.envs.values() if x.forgotten]: x.tries.setdefault(e.r, x.forgotten)
        known.fields = [f for f in known.fields if place(f) not in map(place, e.fields)] + e.fields
        end_live(E, e.at); see(S, E, e, e.commit)
        E.churn, E.at = 0, there(e, "r commit at", "Adopted", cause="manual", **{"try": 0, "from": A.get("r")})
    def Requested(S, E, A, e): S.requests.append(pick(e, "q env r kind overrides by at"))
    def Closed(S, E, A, e): S.requests = without(S.requests, "q", e.q)
    def Approved(S, E, A, e):
        S.approvals = in_force(S.approvals, e.at)[1 - MAX_APPROVALS:]
        S.approvals.append(pick(e, "n env r gates groups by at until"))
    def Unapproved(S, E, A, e): S.approvals = without(S.approvals, "n", e.of)
    def Held(S, E, A, e):
        S.holds.append(pick(e, "id select subject stops reason by at until"))
        for A in [x.at for x in S.envs.values() if x.at.failed]: A.failed.held |= e.id == "h" + A.pid[1:]
    def Lifted(S, E, A, e): S.holds = without(S.holds, "id", e.id)
    def Overridden(S, E, A, e): pass
    def Cleared(S, E, A, e):
        for x in E.rejected: x.digests = [d for d in x.digests if d not in e.digests]
        E.rejected = without(E.rejected, "digests", [])
    def Proposed(S, E, A, e): E.proposed = pick(e, "pid r head pr at")
    def Promoted(S, E, A, e):
        E.tries[e.r], E.committing = e["try"], there(e, "pid r try commit cause from q gates at", "Syncing")
        if e.landed: Event.Landed(S, E, A, e)
    def Landed(S, E, A, e):
        E = next(x for x in S.envs.values() if x.committing.pid == e.pid)
        E.churn += E.at.phase in ("Syncing", "Verifying")
        end_live(E, e.at); see(S, E, e, e.commit)
        E.at, E.committing, E.proposed = Map(E.committing, commit=e.commit), None, None
        E.hw = max(E.hw, rank(find(S.releases, "r", E.at.r)))
    def Undone(S, E, A, e):
        for E in S.envs.values():
            E.update({m: None for m in ("committing", "proposed") if getattr(E, m).pid == e.pid})
    def Pinned(S, E, A, e): end_live(E, e.at); E.pin = pick(e, "commit set at")
    def Unpinned(S, E, A, e): E.pin = None
    def Live(S, E, A, e):
        A.live = pick(e, "since tree")
        if A.phase == "Syncing": step(A, e, "Verifying")
    def Unlive(S, E, A, e):
        end_live(E, e.until); A.broken = e.until
        if A.phase == "Verifying":
            step(A, e, "Syncing"); E.churn += 1
            for x in A.runs.values(): x.update(verdict="Error", errors=0, inconclusive=0, detail=None)
    def Started(S, E, A, e): run(A, e).update(pick(e, "try handle at deadline gates verdict detail"))
    def Judged(S, E, A, e):
        x = run(A, e); x.update(pick(e, "verdict detail"))
        x.errors += e.verdict == "Error"; x.inconclusive += e.verdict == "Inconclusive"
    def Verified(S, E, A, e):
        E.ok.setdefault(e.r, Map(soak="0s")).update(pick(e, "gates policy"))
        step(A, e, "Verified"); E.churn = 0; add_good(E, pick(e, "r gates at", baked=False, tree=A.live.tree if A.live else None))
    def Baked(S, E, A, e):
        step(A, e, "Settled"); g = find(E.good, "r", A.r)
        if g and e.result == "passed": add_good(E, Map(g, baked=True, at=e.at))
    def Failed(S, E, A, e):
        step(A, e, "Failed", failed=pick(e, "phase gate at", held=False)); E.churn = 0; revoke(E, A.r)
    def Revoked(S, E, A, e): revoke(E, e.r)
    def Rejected(S, E, A, e): E.voids = e.n; E.rejected += [pick(e, "digests r at")] if e.digests else []

def overflow(S):  # section 7
    envs, size = S.envs.values(), lambda more, texts: sum(len(text.encode()) + more for text in texts)
    oks = [ok for E in envs for ok in E.ok.values()]
    weight = sum(80 + 40 * bool(ok.policy) for ok in oks) + sum(30 * len(E.tries) for E in envs) + sum(
        160 + size(3, x.images + x.authors) + size(6, [key + value for key, value in x.labels.items()])
        + size(60, [f.image + f.file + (f.raw or "") for f in x.fields]) for x in S.releases)
    if len(S.releases) < MAX_RELEASES and weight < MAX_WEIGHT: return
    lowest = min((E.hw for E in envs if E.config.root and not E.removed), default=[0, 0])
    naming = S.approvals + S.requests + [x for E in envs for x in (*E.good, E.at, E.committing, E.proposed)]
    needed = {x.get(m) for x in naming for m in ("r", "from")}
    leaving = [x.r for x in S.releases if rank(x) < lowest and x.r not in needed][:MAX_LINES]
    S.releases = [x for x in S.releases if x.r not in leaving]; S.archive.chunks += bool(leaving)
    for E in envs:
        for r in leaving: E.forgotten = max(E.forgotten, E.tries.pop(r, 0)); E.ok.pop(r, None)

def rebuild(folder, ref):  # sections 2 and 11
    S, form = load(NEW_S), "--reverse --topo-order --encoding=UTF-8 --format=%B%x00 --end-of-options".split()
    for commit, message in re.findall("commit (.*)\n([^\0]*)\0", git(folder, "rev-list", *form, ref)):
        block = message.rstrip("\n").split("\n\n")[-1]
        if not block.startswith("Towpath-Ledger: 1 "): raise ValueError(f"{commit} needs a newer towpath")
        events = [Map(load(line), line=line) for line in re.findall("\nTowpath-Event: (.*)", block)]
        if not S.n and (not events or events[0].n > 1):
            S, events = state_json(folder, commit), []  # a rotation, or the edge of a shallow copy
        S.pipeline = block.split(" ")[2]
        for e in events:
            if e.e not in vars(Event): raise ValueError(f"event {e.n} needs a newer towpath: {e.e}")
            S.n, S.at, S.holds, E = e.n, e.at, in_force(S.holds, e.at), S.envs.get(e.get("env"), Map())
            vars(Event)[e.e](S, E, E.at, e)
        if events: overflow(S)
    return json.loads(json.dumps(S), object_hook=lambda x: {m: v for m, v in x.items() if v is not None})

def leaves(x, path=""):
    members = x.items() if isinstance(x, dict) else enumerate(x if isinstance(x, list) else ())
    below = {p: text for key, member in members for p, text in leaves(member, f"{path}/{key}").items()}
    return below or {path: json.dumps(x)}

def main(arguments):
    if len(arguments) - arguments.count("--check") != 2: return __doc__
    state = rebuild(*arguments[-2:])
    if "--check" not in arguments: return print(json.dumps(state, indent=1, sort_keys=True))
    there, made = leaves(state_json(*arguments[-2:])), leaves(state)
    path = next((p for p in [*there, *made] if there.get(p) != made.get(p)), None)
    return path and f"{path} is {there.get(path)} in state.json, but the events make it {made.get(path)}"

if __name__ == "__main__": sys.exit(main(sys.argv[1:]))
