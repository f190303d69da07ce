"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const find = (id) => document.getElementById(id);
  const all = (selector) => Array.from(document.querySelectorAll(selector));
  const body = find("rows");
  const rows = Array.from(body.rows, (row, at) => ({ row, at, entry: data.rows[at], text: "", detail: null }));
  const heads = all("#table th[data-key]");
  const blockerNames = data.blockers.map(([rule, target]) => (target ? rule + " " + target : rule));
  const KEYS = ["q", "verdict", "rule", "blocker", "uses", "sort"];
  let state = {};

  /* There are thousands of things, so nobody looks at them before they are needed. */
  let things = null;
  const thingsByName = () => {
    const named = (button, at) => [button.closest("[data-kind]").dataset.kind + " " + button.textContent, { button, at }];
    return (things ??= new Map(all("[data-thing]").map(named)));
  };

  /* An element with text and children; text is never read as anything else. */
  const make = (name, properties, ...children) => {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(properties)) {
      if (key in element) element[key] = value;
      else element.setAttribute(key, value);
    }
    element.append(...children);
    return element;
  };

  /* The state is what the address says after its hash. */
  const read = () => {
    const words = new URLSearchParams(location.hash.slice(1));
    state = Object.fromEntries(KEYS.map((key) => [key, words.get(key) ?? ""]));
  };

  const set = (changes, replaces) => {
    state = { ...state, ...changes };
    const words = new URLSearchParams(KEYS.filter((key) => state[key]).map((key) => [key, state[key]]));
    const address = location.pathname + location.search + (String(words) ? "#" + words : "");
    history[replaces ? "replaceState" : "pushState"](null, "", address);
    show();
  };

  /* Filters. */
  const verdicts = () => state.verdict.split(",").filter(Boolean);

  /* The places of the blockers that are meant. */
  const blockersMeant = () => {
    const isMeant = ([rule], at) =>
      (!state.blocker || blockerNames[at] === state.blocker) && (!state.rule || rule === state.rule);
    return new Set(data.blockers.flatMap((blocker, at) => (isMeant(blocker, at) ? [at] : [])));
  };

  const filter = () => {
    const words = state.q.toLowerCase().split(/\s+/).filter(Boolean);
    const wanted = verdicts();
    const blockers = blockersMeant();
    const users = state.uses && new Set(data.used[thingsByName().get(state.uses)?.at] ?? []);
    return (row) =>
      (!words.length || hasWords(row, words)) &&
      (!wanted.length || row.entry.v.some((verdict) => wanted.includes(verdict))) &&
      (!(state.blocker || state.rule) || row.entry.b.some((blocker) => blockers.has(blocker))) &&
      (!users || users.has(row.at));
  };

  const hasWords = (row, words) => {
    row.text ||= Array.from(row.row.cells, textOf).join(" ").toLowerCase();
    return words.every((word) => row.text.includes(word));
  };

  /* What a cell shows: what is there for readers without scripts is not part of it. */
  const textOf = (cell) =>
    Array.from(cell.childNodes, (node) => (node.nodeName === "NOSCRIPT" ? "" : node.textContent)).join("");

  const show = () => {
    const meant = filter();
    let count = 0;
    for (const row of rows) {
      const isShown = meant(row);
      count += isShown;
      if (row.row.hidden === isShown) row.row.hidden = !isShown;
      if (row.detail) row.detail.hidden = !isShown;
    }
    const [one, many] = data.thing;
    const isAll = count === rows.length;
    find("count").textContent = isAll
      ? `${count} ${count === 1 ? one : many}`
      : `${count} of ${rows.length} ${rows.length === 1 ? one : many}`;
    sort();
    showState();
  };

  /* The buttons that are pressed now. */
  let pressed = [];

  const press = () => {
    const at = blockerNames.indexOf(state.blocker);
    const buttons = [
      ...verdicts().map((verdict) => `[data-verdict="${CSS.escape(verdict)}"]`),
      `[data-rule="${CSS.escape(state.rule)}"]`,
      `[data-blocker="${at}"]`,
    ].flatMap(all);
    const thing = state.uses && thingsByName().get(state.uses)?.button;
    pressed.forEach((button) => button.setAttribute("aria-pressed", "false"));
    pressed = thing ? [...buttons, thing] : buttons;
    pressed.forEach((button) => button.setAttribute("aria-pressed", "true"));
  };

  const showState = () => {
    if (find("q").value !== state.q) find("q").value = state.q;
    press();
    const wanted = verdicts();
    const chips = [
      ...wanted.map((verdict) => ["verdict: " + verdict, { verdict: wanted.filter((other) => other !== verdict).join(",") }]),
      ...(state.rule ? [["rule: " + state.rule, { rule: "" }]] : []),
      ...(state.blocker ? [["blocker: " + state.blocker, { blocker: "" }]] : []),
      ...(state.uses ? [["uses " + state.uses, { uses: "" }]] : []),
    ];
    const chip = ([words, without]) => {
      const button = make("button", { type: "button", "aria-label": "Remove the filter " + words }, words);
      button.addEventListener("click", () => {
        set(without);
        find("q").focus();
      });
      return button;
    };
    find("active").replaceChildren(...chips.map(chip));
    find("clear").hidden = !(chips.length || state.q);
  };

  /* Sorting. Numbers by size, verdicts in their order, all else as people sort names. */
  const collator = new Intl.Collator("en", { numeric: true });

  let sorted = "";

  const sort = () => {
    if (state.sort === sorted) return;
    sorted = state.sort;
    const isDown = state.sort.startsWith("-");
    const key = state.sort.replace(/^-/, "");
    const column = Math.max(0, heads.findIndex((head) => head.dataset.key === key));
    heads.forEach((head, at) => {
      const isIt = at === column && key !== "";
      head.setAttribute("aria-sort", isIt ? (isDown ? "descending" : "ascending") : "none");
    });
    const isNumber = heads[column].classList.contains("number");
    const value = ({ row }) => {
      const cell = row.cells[column];
      if (cell.dataset.order) return Number(cell.dataset.order);
      const text = textOf(cell);
      return isNumber ? Number(text) : text;
    };
    const keyed = rows.map((row) => [value(row), row]);
    const compare = (one, other) =>
      typeof one === "number" ? one - other : (one === "") - (other === "") || collator.compare(one, other);
    keyed.sort(([one, a], [other, b]) => (isDown ? compare(other, one) : compare(one, other)) || a.at - b.at);
    body.append(...keyed.flatMap(([, { row, detail }]) => (detail ? [row, detail] : [row])));
  };

  /* Details of a row, made when they are first asked for. */
  const usedBy = (at) => {
    const kinds = new Map();
    for (const { button, at: thing } of thingsByName().values()) {
      if (!data.used[thing].includes(at)) continue;
      const title = button.closest("[data-kind]").querySelector("summary").firstChild.textContent;
      kinds.set(title, [...(kinds.get(title) ?? []), button.textContent]);
    }
    return Array.from(kinds, ([title, names]) =>
      make("p", {}, make("b", {}, title + ": "), make("span", { className: "path" }, names.join(", "))),
    );
  };

  /* The file that a row is of has its name as the row has it. */
  const reasonRow = (seen, path, name) => ([rule, target, file, line, column, legs, decides]) => {
    const { id, title, why, remedy } = data.rules[rule];
    const words = make("td", {}, make("span", { className: "rule" }, id), " ", title);
    if (!seen.has(rule)) words.append(make("span", { className: "why" }, `${why} What to do: ${remedy}.`));
    seen.add(rule);
    return make(
      "tr",
      {},
      words,
      make("td", { className: "target" }, data.targets[target]),
      make("td", { className: "place" }, `${data.files[file] === path ? name : data.files[file]}:${line}:${column}`),
      make("td", { className: "number" }, String(legs)),
      make("td", { className: "number" }, String(decides)),
    );
  };

  const reasonTable = (reasons, path, name) => {
    const head = (words, isNumber) => make("th", { scope: "col", className: isNumber ? "number" : "" }, words);
    const titles = [head("Reason"), head("About"), head("Place"), head("Legs", true), head("Decides", true)];
    const table = make("table", {}, make("caption", {}, "Reasons, in the order of the file"));
    table.append(make("thead", {}, make("tr", {}, ...titles)));
    table.append(make("tbody", {}, ...reasons.map(reasonRow(new Set(), path, name))));
    return table;
  };

  const makeDetail = ({ row, at, entry }) => {
    const { path, jobs, steps, legs, r } = entry.d;
    const counts = legs.map(([verdict, count]) => `${count} ${verdict}`).join(", ");
    const many = (count, thing) => `${count} ${thing}${count === 1 ? "" : "s"}`;
    const cell = make("td", { colSpan: row.cells.length });
    cell.append(make("p", {}, make("span", { className: "path" }, path), ` · ${many(jobs, "job")}, ${many(steps, "step")}`));
    if (counts) cell.append(make("p", {}, `Legs: ${counts}`));
    if (r.length) cell.append(reasonTable(r, path, row.querySelector(".open").textContent));
    else cell.append(make("p", {}, "No rule has found anything in it."));
    cell.append(...usedBy(at));
    return make("tr", { className: "detail", id: "detail" + at }, cell);
  };

  const toggle = (row) => {
    const button = row.row.querySelector(".open");
    if (!button) return;
    const isOpen = button.getAttribute("aria-expanded") === "true";
    if (isOpen) {
      row.detail.remove();
      row.detail = null;
      button.removeAttribute("aria-controls");
    } else {
      row.detail = makeDetail(row);
      row.row.after(row.detail);
      button.setAttribute("aria-controls", row.detail.id);
    }
    button.setAttribute("aria-expanded", String(!isOpen));
  };

  /* What people do. */
  const flip = (key, value) => {
    set({ [key]: state[key] === value ? "" : value });
    find("filters").scrollIntoView({ block: "nearest" });
  };

  document.addEventListener("click", ({ target }) => {
    const button = target.closest("button");
    if (!button) return;
    const { verdict, rule, blocker } = button.dataset;
    if (verdict !== undefined) {
      const wanted = verdicts();
      const next = wanted.includes(verdict) ? wanted.filter((other) => other !== verdict) : [...wanted, verdict];
      flip("verdict", next.join(","));
    } else if (rule !== undefined) flip("rule", rule);
    else if (blocker !== undefined) flip("blocker", blockerNames[blocker]);
    else if (button.dataset.thing !== undefined) {
      flip("uses", button.closest("[data-kind]").dataset.kind + " " + button.textContent);
    } else if (button.classList.contains("open")) toggle(rows.find(({ row }) => row.contains(button)));
    else if (heads.includes(button.parentElement)) {
      const { key } = button.parentElement.dataset;
      set({ sort: state.sort === key ? "-" + key : state.sort === "-" + key ? "" : key });
    } else if (button.id === "clear") {
      set({ q: "", verdict: "", rule: "", blocker: "", uses: "" });
      find("q").focus();
    }
  });

  find("q").addEventListener("input", ({ target }) => set({ q: target.value }, true));
  find("q").addEventListener("keydown", (event) => {
    if (event.key === "Escape" && state.q) set({ q: "" }, true);
  });

  /* Up and down between the rows that are shown. */
  body.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || !event.target.classList.contains("open")) return;
    const shown = Array.from(body.querySelectorAll(":scope > tr:not([hidden]) .open"));
    const next = shown[shown.indexOf(event.target) + step];
    if (!next) return;
    event.preventDefault();
    next.focus();
  });

  /* The curve: which blocker stands below the pointer. */
  const curve = find("curve");
  if (curve) {
    const reading = find("reading");
    const words = reading.textContent;
    const { left, right, width } = curve.dataset;
    const below = ({ clientX }) => {
      const box = curve.getBoundingClientRect();
      const part = (((clientX - box.left) / box.width) * width - left) / (right - left);
      return Math.min(data.blockers.length - 1, Math.max(0, Math.ceil(part * data.blockers.length) - 1));
    };
    const mark = (at) => {
      const x = Number(left) + ((at + 1) / data.blockers.length) * (right - left);
      const marker = find("marker");
      marker.setAttribute("x1", x);
      marker.setAttribute("x2", x);
      marker.setAttribute("visibility", "visible");
      const [, , frees, , free] = Array.from(all("[data-blocker]")[at].closest("tr").cells, (cell) => cell.textContent);
      reading.textContent = `${at + 1}. ${blockerNames[at]}: frees ${frees}, then ${free} can move`;
    };
    curve.addEventListener("pointermove", (event) => mark(below(event)));
    curve.addEventListener("pointerleave", () => {
      find("marker").setAttribute("visibility", "hidden");
      reading.textContent = words;
    });
    curve.addEventListener("click", (event) => flip("blocker", blockerNames[below(event)]));
  }

  const restore = () => {
    read();
    show();
  };
  window.addEventListener("popstate", restore);
  window.addEventListener("hashchange", restore);
  find("filters").hidden = false;
  for (const button of all("button[disabled]")) button.disabled = false;
  restore();
  performance.mark("interactive");
})();
