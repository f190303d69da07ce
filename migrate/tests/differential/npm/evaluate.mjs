// Evaluates a tree as the runner does: src/Sdk/Expressions/Sdk of actions/runner, its Functions and Operators, and what it counts as memory
// (ExpressionNode.cs, EvaluationMemory.cs, MemoryCounter.cs). What only the npm package does stands behind a switch.

import { data } from "@actions/expressions";
import { equals, falsy, greaterThan, lessThan } from "@actions/expressions/result";
import { Fault } from "./fault.mjs";
import { JSON_ERROR, printJson, readJson } from "./json.mjs";
import { either, on } from "./switches.mjs";
import { Filtered, Text, capitals, comesFirst, g15, sameText } from "./values.mjs";

const MAX_MEMORY = 1048576;
const OBJECT = 24;
const POINTER = 8;
const { Kind } = data;
const KINDS = new Map([
  [Kind.Null, "Null"],
  [Kind.Boolean, "Boolean"],
  [Kind.Number, "Number"],
  [Kind.String, "String"],
  [Kind.Array, "Array"],
  [Kind.Dictionary, "Object"],
]);

const sizeOf = (text) => 26 + 2 * text.length;
const fail = (text) => {
  throw new Fault("evaluating", text);
};
const bool = (value) => new data.BooleanData(value);
const isText = (value) => value.kind === Kind.String;

/** ConvertToExpression of each node. */
function printed(node) {
  const parts = node.operands.map(printed);
  if (node.type === "literal") return literal(node.value);
  if (node.type === "name") return node.name;
  if (node.type === "*") return "*";
  if (node.type === "call") return `${node.name}(${parts.join(", ")})`;
  if (node.type === "not") return `!${parts[0]}`;
  if (node.type !== "part") return `(${parts.join(` ${node.type} `)})`;
  const index = node.operands[1];
  if (index.type === "*") return `${parts[0]}.*`;
  const isName = index.type === "literal" && isText(index.value) && /^[a-zA-Z_][a-zA-Z0-9_-]*$/.test(index.value.value);
  return isName ? `${parts[0]}.${index.value.value}` : `${parts[0]}[${parts[1]}]`;
}

function literal(value) {
  if (isText(value)) return `'${value.value.replaceAll("'", "''")}'`;
  if (value.kind === Kind.Number) return Object.is(value.value, -0) ? "-0" : g15(value.value);
  return value.kind === Kind.Null ? "null" : String(value.value);
}

const exceeded = (node) =>
  fail(
    `The maximum allowed memory size was exceeded while evaluating the following expression: ${printed(node)}`,
  );

export class Evaluation {
  constructor(root, contexts) {
    Object.assign(this, { root, contexts, levels: [], total: 0, isAside: false });
  }

  value() {
    return this.root ? this.node(this.root, 0) : new data.Null();
  }

  node(node, level) {
    const found = this.core(node, level);
    const { value, stood = false, bytes } = found instanceof Outcome ? found : { value: found };
    const isRaw = stood && value.primitive && value.kind !== Kind.Null;
    const own = isText(value) ? sizeOf(value.value) : OBJECT;
    this.count(level, bytes ?? (isRaw ? OBJECT : own), !isRaw && value.primitive);
    if (isRaw) this.count(level, own, false);
    return value;
  }

  /** EvaluationMemory.AddAmount. */
  count(level, bytes, trim) {
    if (trim) for (const amount of this.levels.splice(level + 1)) this.total -= amount ?? 0;
    for (let next = this.levels.length; next <= level; next++) this.levels.push(0);
    this.levels[level] += bytes;
    this.total += bytes;
    if (this.total > MAX_MEMORY && !this.isAside && on("memory")) exceeded(this.root);
  }

  core(node, level) {
    const [left, right] = node.operands;
    switch (node.type) {
      case "literal":
        return node.value;
      case "*":
        return new Text("*");
      case "name":
        return new Outcome(this.contexts.get(node.name) ?? new data.Null(), true);
      case "call":
        return new Call(this, node, level + 1).value();
      case "part":
        return this.part(node, level + 1);
      case "not":
        return bool(falsy(this.node(left, level + 1)));
      case "&&":
      case "||":
        return this.first(node, level + 1);
      default:
        return bool(compare(node.type, this.node(left, level + 1), this.node(right, level + 1)));
    }
  }

  first(node, level) {
    let value;
    for (const operand of node.operands) {
      value = this.node(operand, level);
      if (falsy(value) === (node.type === "&&")) break;
    }
    return value;
  }

  /** Index.cs. The npm package evaluates the index first, always, and writes a text of its own around its errors. */
  part(node, level) {
    const [container, index] = node.operands;
    const every = index.type === "*";
    const first = settled(() => this.node(container, level));
    const isCollection = first.value && !first.value.primitive;
    const second = settled(() => (isCollection ? this.node(index, level) : this.aside(index)));
    const npm = second.fault && `could not evaluate index for index access: ${second.fault.text}`;
    if (npm && !on("lazy-index")) fail(npm);
    if (first.fault) throw first.fault;
    if (!isCollection) return every ? new Filtered() : new data.Null();
    if (second.fault) throw second.fault;
    if (first.value instanceof Filtered) {
      const found = first.value.values().flatMap((item) => (every ? parts(item) : part(item, second.value)));
      return this.collected(node, found, 0);
    }
    if (every) return this.collected(node, parts(first.value), OBJECT);
    return new Outcome(part(first.value, second.value)[0] ?? new data.Null(), true);
  }

  collected(node, found, overhead) {
    const memory = this.counter(node);
    memory.add(overhead);
    found.forEach(() => memory.add(POINTER));
    return new Outcome(new Filtered(...found), false, memory.bytes());
  }

  /** Evaluates what only the npm package evaluates. */
  aside(node) {
    const kept = [this.levels, this.total, this.isAside];
    Object.assign(this, { levels: [], total: -Infinity, isAside: true });
    try {
      return this.node(node, 0);
    } finally {
      [this.levels, this.total, this.isAside] = kept;
    }
  }

  /** MemoryCounter, for what one function builds. */
  counter(node) {
    let bytes = 0;
    const add = (amount) => {
      if (bytes + amount > MAX_MEMORY && !this.isAside && on("memory")) exceeded(node);
      bytes += amount;
    };
    return { add, text: (text) => add(sizeOf(text)), bytes: () => bytes };
  }
}

/** A value with what only matters for memory: whether it stood in a context or in JSON, and what was built for it. */
class Outcome {
  constructor(value, stood, bytes) {
    Object.assign(this, { value, stood, bytes });
  }
}

function settled(run) {
  try {
    return { value: run() };
  } catch (fault) {
    if (!(fault instanceof Fault)) throw fault;
    return { fault };
  }
}

const parts = (value) =>
  value.kind === Kind.Array ? value.values() : value.kind === Kind.Dictionary ? value.values() : [];

/** The part of a value that an index names, in an array; none in an empty one. */
function part(value, index) {
  if (value.kind === Kind.Array) {
    const place = Math.floor(index.number());
    return place >= 0 && place < value.values().length ? [value.get(place)] : [];
  }
  if (value.kind !== Kind.Dictionary || !index.primitive) return [];
  const found = value.get(index.coerceString());
  return found === undefined ? [] : [found];
}

function compare(operator, left, right) {
  const areTexts = isText(left) && isText(right);
  const isEqual = () => (areTexts ? sameText(left.value, right.value) : equals(left, right));
  const isLess = () => (areTexts ? comesFirst(left.value, right.value) : lessThan(left, right));
  const isGreater = () => (areTexts ? comesFirst(right.value, left.value) : greaterThan(left, right));
  switch (operator) {
    case "==":
      return isEqual();
    case "!=":
      return !isEqual();
    case "<":
      return isLess();
    case "<=":
      return isEqual() || isLess();
    case ">":
      return isGreater();
    default:
      return isEqual() || isGreater();
  }
}

/** A call, whose arguments are evaluated when they are asked for. */
class Call {
  constructor(evaluation, node, level) {
    Object.assign(this, { evaluation, node, level, known: [] });
    this.name = node.name.toLowerCase();
  }

  /** The npm package evaluates all arguments first; that shows where one of them fails. */
  value() {
    const { node, evaluation } = this;
    const outcome = settled(() => this[this.name]());
    for (let index = 0; index < node.operands.length; index++) {
      const { fault } = this.known[index] ?? settled(() => evaluation.aside(node.operands[index]));
      if (fault === undefined) continue;
      if (fault !== outcome.fault && !on("lazy-arguments")) throw fault;
      break;
    }
    if (outcome.fault) throw outcome.fault;
    return outcome.value;
  }

  argument(index) {
    this.known[index] ??= settled(() => this.evaluation.node(this.node.operands[index], this.level));
    if (this.known[index].fault) throw this.known[index].fault;
    return this.known[index].value;
  }

  case() {
    const last = this.node.operands.length - 1;
    for (let index = 0; index < last; index += 2) {
      const predicate = this.argument(index);
      if (predicate.kind !== Kind.Boolean) fail("case predicate must evaluate to a boolean value");
      if (predicate.value) return this.argument(index + 1);
    }
    return this.argument(last);
  }

  contains() {
    const within = this.argument(0);
    if (within.kind === Kind.Array && within.values().length > 0) {
      const sought = this.argument(1);
      return bool(within.values().some((item) => compare("==", sought, item)));
    }
    // The npm package compares small letters here, and capitals everywhere else.
    return this.texts("includes", (text) => text.toLowerCase());
  }

  startswith() {
    return this.texts("startsWith");
  }

  endswith() {
    return this.texts("endsWith");
  }

  texts(holds, npm = npmCapitals) {
    const within = this.argument(0);
    if (!within.primitive) return bool(false);
    const sought = this.argument(1);
    if (!sought.primitive) return bool(false);
    const [left, right] = [within.coerceString(), sought.coerceString()];
    const answer = (folded) => folded(left)[holds](folded(right));
    return bool(either("letters", answer(capitals), answer(npm)));
  }

  join() {
    const items = this.argument(0);
    if (items.kind !== Kind.Array) return new Text(items.primitive ? items.coerceString() : "");
    const memory = this.evaluation.counter(this.node);
    const texts = [];
    let separator = ",";
    items.values().forEach((item, index) => {
      if (index === 1 && this.node.operands.length > 1) {
        const given = this.argument(1);
        if (given.primitive) separator = given.coerceString();
      }
      if (index > 0) memory.text(separator);
      texts.push(item.coerceString());
      memory.text(texts.at(-1));
    });
    return new Text(texts.join(separator));
  }

  tojson() {
    return new Text(printJson(this.argument(0), this.evaluation.counter(this.node).text));
  }

  fromjson() {
    const text = this.argument(0).coerceString();
    const value = readJson(text);
    if (value !== undefined) return new Outcome(value, true);
    const npm = text.trim() === "" ? "empty input" : "Error parsing JSON when evaluating fromJson";
    return fail(on("json-error-text") ? JSON_ERROR : npm);
  }

  /** The text is read to its end before any argument is. */
  format() {
    const format = this.argument(0).coerceString();
    const memory = this.evaluation.counter(this.node);
    const segments = this.segments(format, memory);
    const texts = segments.map((segment) => {
      if (typeof segment === "string") return segment;
      const value = this.argument(segment.index + 1);
      const { specifiers } = segment;
      if (specifiers) {
        const kind = KINDS.get(value.kind);
        fail(`The format specifiers '${specifiers}' are not valid for objects of type '${kind}'`);
      }
      const text = value.coerceString();
      if (text !== "") memory.text(text);
      return text;
    });
    return new Text(texts.join(""));
  }

  segments(format, memory) {
    const segments = [];
    const append = (text) => {
      if (text === "") return;
      memory.text(text);
      segments.push(text);
    };
    let index = 0;
    while (index < format.length) {
      const brace = /[{}]/.exec(format.slice(index));
      if (!brace) {
        append(format.slice(index));
        break;
      }
      const at = index + brace.index;
      if (format[at + 1] === format[at]) {
        append(format.slice(index, at + 1));
        index = at + 2;
        continue;
      }
      const found = format[at] === "{" ? placeholder(format, at) : undefined;
      if (!found) fail(`The following format string is invalid: ${format}`);
      if (found.index > this.node.operands.length - 2) {
        fail(`The following format string references more arguments than were supplied: ${format}`);
      }
      append(format.slice(index, at));
      segments.push(found);
      index = found.end;
    }
    return segments;
  }
}

const npmCapitals = (text) =>
  text.split("\u0131").map((piece) => piece.toUpperCase()).join("\u0131");

/** `{0}`, or `{0:specifiers}`, which are never valid. The npm package takes anything up to the next brace. */
function placeholder(format, at) {
  const [digits] = /^[0-9]*/.exec(format.slice(at + 1));
  const close = format.indexOf("}", at);
  if (digits === "" || close < 0) return undefined;
  const index = parseInt(digits, 10);
  if (index > 255 && on("format-index")) return undefined;
  const after = at + 1 + digits.length;
  if (close === after || !on("format-specifiers")) return { index, end: close + 1 };
  const specifiers = /^:((?:[^}]|\}\})*)\}(?!\})/.exec(format.slice(after));
  return specifiers && { index, end: after + specifiers[0].length, specifiers: specifiers[1].replaceAll("}}", "}") };
}
