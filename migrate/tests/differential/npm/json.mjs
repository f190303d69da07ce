// JSON as the runner reads and prints it: Newtonsoft's JsonTextReader and JToken.ReadFrom below FromJson.cs and JTokenExtensions.cs, ToJson.cs, and
// JavaScriptUtils.cs for what is escaped.

import { data } from "@actions/expressions";
import { Fault } from "./fault.mjs";
import { either, on } from "./switches.mjs";
import { Names, Numeric, SPACE, Text, g15 } from "./values.mjs";

const DEEPEST = 64;
const LONGEST_INTEGER = 380;

class Refused extends Error {}

const isSpace = (c) => c === "\0" || SPACE.test(c);
const isNameCharacter = (c) => /[\p{L}\p{Nd}_$]/u.test(c);
const ESCAPES = { b: "\b", t: "\t", n: "\n", f: "\f", r: "\r", "\\": "\\", '"': '"', "'": "'", "/": "/" };

const WORDS = [
  ["true", () => new data.BooleanData(true)],
  ["false", () => new data.BooleanData(false)],
  ["null", () => new data.Null()],
  ["undefined", () => new Text("")],
  ["NaN", () => new Numeric(NaN)],
  ["Infinity", () => new Numeric(Infinity)],
  ["-Infinity", () => new Numeric(-Infinity)],
];
const NUMBER = /[-+.0-9a-fA-FxX]*/y;

class Reader {
  constructor(text) {
    this.text = text;
    this.at = 0;
    this.depth = 0;
  }

  get next() {
    return this.text[this.at];
  }

  fail() {
    throw new Refused();
  }

  spaces() {
    while (this.at < this.text.length && isSpace(this.next)) this.at++;
  }

  comment() {
    const end = this.text[this.at + 1] === "*" ? "*/" : this.text[this.at + 1] === "/" ? "//" : this.fail();
    const from = this.at + 2;
    if (end === "*/") {
      const close = this.text.indexOf(end, from);
      if (close < 0) this.fail();
      this.at = close + 2;
      return this.text.slice(from, close);
    }
    const line = /[\r\n]/.exec(this.text.slice(from));
    this.at = line ? from + line.index : this.text.length;
    return this.text.slice(from, this.at);
  }

  gap() {
    for (this.spaces(); this.next === "/"; this.spaces()) this.comment();
  }

  /** The first token decides; what follows the first value is not read. */
  document() {
    this.spaces();
    if (this.next === "/") return new Text(this.comment());
    const value = this.value();
    return value === undefined ? this.fail() : value;
  }

  /** A value, or undefined for the end of an array. */
  value() {
    this.gap();
    const c = this.next;
    if (c === undefined) this.fail();
    if (c === '"' || c === "'") return new Text(this.string());
    if (c === "{") return this.nested(() => this.object());
    if (c === "[") return this.nested(() => this.array());
    if (c === "]") {
      this.at++;
      return undefined;
    }
    // Nothing at all is undefined, which is text without characters.
    if (c === ",") return new Text("");
    if (c >= "0" && c <= "9") return new Numeric(this.number());
    for (const [word, make] of WORDS) {
      if (this.text.startsWith(word, this.at) && this.separates(this.at + word.length)) {
        this.at += word.length;
        return make();
      }
    }
    return "-.".includes(c) ? new Numeric(this.number()) : this.fail();
  }

  separates(at) {
    const c = this.text[at];
    return c === undefined || "}],".includes(c) || isSpace(c) || (c === "/" && "/*".includes(this.text[at + 1] ?? "x"));
  }

  nested(inner) {
    if (++this.depth > DEEPEST) this.fail();
    this.at++;
    const value = inner();
    this.depth--;
    return value;
  }

  array() {
    const items = new data.Array();
    for (let item = this.value(); item !== undefined; item = this.value()) {
      items.add(item);
      if (this.ends("]")) break;
    }
    return items;
  }

  ends(close) {
    this.gap();
    if (this.next !== close && this.next !== ",") this.fail();
    return this.text[this.at++] === close;
  }

  object() {
    const exact = new Map();
    for (;;) {
      this.gap();
      if (this.next === "}") {
        this.at++;
        break;
      }
      const name = this.name();
      const value = this.value();
      if (value === undefined) this.fail();
      exact.set(name, value);
      if (this.ends("}")) break;
    }
    return fromEntries([...exact]);
  }

  name() {
    const c = this.next;
    const name = c === '"' || c === "'" ? this.string() : this.bareName();
    this.spaces();
    if (this.text[this.at++] !== ":") this.fail();
    return name;
  }

  bareName() {
    const from = this.at;
    while (this.next !== undefined && isNameCharacter(this.next)) this.at++;
    const ends = this.next !== undefined && (this.next === ":" || isSpace(this.next));
    return this.at > from && ends ? this.text.slice(from, this.at) : this.fail();
  }

  string() {
    const quote = this.text[this.at++];
    let text = "";
    for (;;) {
      const c = this.text[this.at++];
      if (c === undefined) this.fail();
      if (c === quote) return text;
      text += c === "\\" ? this.escape() : c;
    }
  }

  escape() {
    const c = this.text[this.at++];
    if (c !== "u") return ESCAPES[c] ?? this.fail();
    const digits = this.text.slice(this.at, this.at + 4);
    if (!/^[0-9a-f]{4}$/i.test(digits)) this.fail();
    this.at += 4;
    return String.fromCharCode(parseInt(digits, 16));
  }

  /** JsonTextReader.ParseNumber: other bases as 64 bits with a sign, whole numbers, doubles. */
  number() {
    NUMBER.lastIndex = this.at;
    const [text] = NUMBER.exec(this.text);
    this.at += text.length;
    if (this.next !== undefined && !isSpace(this.next) && !",}])/".includes(this.next)) this.fail();
    if (/^0[^.eE]/.test(text)) {
      const bits = /^0x[0-9a-f]+$/i.test(text) ? BigInt(text) : /^[0-7]+$/.test(text) ? BigInt(`0o${text}`) : this.fail();
      return bits >> 64n ? this.fail() : Number(BigInt.asIntN(64, bits));
    }
    if (/^-?\d+$/.test(text)) return text.length > LONGEST_INTEGER ? this.fail() : Number(text);
    return /^-?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text) ? Number(text) : this.fail();
  }
}

/** JavaScript has names that are whole numbers first, and in their order. */
function fromEntries(entries) {
  const isPlace = ([name]) => /^(0|[1-9]\d{0,8})$/.test(name);
  const ordered = [...entries.filter(isPlace).sort(([a], [b]) => a - b), ...entries.filter((entry) => !isPlace(entry))];
  const moved = ordered.some((entry, index) => entry !== entries[index]);
  const names = new Names();
  for (const [name, value] of moved && !on("names-in-order") ? ordered : entries) names.add(name, value);
  return names;
}

/** A value of JavaScript, for what Newtonsoft refuses and JSON.parse does not. */
function fromPlain(value) {
  if (value === null) return new data.Null();
  if (typeof value === "string") return new Text(value);
  if (typeof value === "number") return new Numeric(value);
  if (typeof value === "boolean") return new data.BooleanData(value);
  if (Array.isArray(value)) return new data.Array(...value.map(fromPlain));
  return fromEntries(Object.entries(value).map(([name, item]) => [name, fromPlain(item)]));
}

const attempt = (run) => {
  try {
    return run();
  } catch {
    return undefined;
  }
};

/** The text of the runner's error. */
export const JSON_ERROR = "Error parsing fromJson";

/** The value of a JSON text; undefined where there is none. */
export function readJson(text) {
  const strict = attempt(() => [JSON.parse(text)]);
  const lenient = attempt(() => new Reader(text).document());
  if (strict && !lenient) {
    if (on("json-refused")) throw new Fault("evaluating", JSON_ERROR);
    return fromPlain(strict[0]);
  }
  return !strict && lenient && !on("json-lenient") ? undefined : lenient;
}

const SHORT = { "\t": "\\t", "\n": "\\n", "\r": "\\r", "\b": "\\b", "\f": "\\f", '"': '\\"', "\\": "\\\\" };

/** JavaScriptUtils.WriteEscapedJavaScriptString. */
function quoted(text) {
  const escaped = (c) => SHORT[c] ?? `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`;
  const runner = `"${text.replace(/["\\\0-\x1f\x85\u2028\u2029]/g, escaped)}"`;
  return either("json-escapes", runner, JSON.stringify(text));
}

function leaf(value) {
  if (value.kind === data.Kind.Null) return "null";
  if (value.kind === data.Kind.String) return quoted(value.value);
  if (value.kind !== data.Kind.Number) return value.coerceString();
  const npm = JSON.stringify(value.value === 0 ? 0 : value.value);
  return either("json-numbers", value.value === 0 ? "0" : g15(value.value), npm);
}

/** Prints JSON, and hands each piece to `count` as ToJson.cs hands it to its counter. */
export function printJson(value, count, level = 0, before = "") {
  const piece = (text) => {
    count(text);
    return text;
  };
  const line = (depth) => `\n${"  ".repeat(depth)}`;
  const separator = (index) => `${index > 0 ? "," : ""}${line(level + 1)}`;
  const isArray = value.kind === data.Kind.Array;
  if (!isArray && value.kind !== data.Kind.Dictionary) return piece(before + leaf(value));
  const items = isArray ? value.values() : value.entries;
  if (items.length === 0) return piece(before + (isArray ? "[]" : "{}"));
  const parts = [piece(before + (isArray ? "[" : "{"))];
  items.forEach((item, index) => {
    if (isArray) {
      parts.push(printJson(item, count, level + 1, separator(index)));
    } else {
      parts.push(piece(separator(index) + quoted(item[0])), printJson(item[1], count, level + 1, ": "));
    }
  });
  parts.push(piece(line(level) + (isArray ? "]" : "}")));
  return parts.join("");
}
