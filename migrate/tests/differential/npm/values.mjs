// Values with the coercions of the runner: src/Sdk/Expressions/EvaluationResult.cs, Sdk/ExpressionUtility.cs and Data/ of actions/runner, and what
// .NET does below them. What the npm package does is said by its own classes, which these extend.

import { data } from "@actions/expressions";
import { toUpperSpecial } from "@actions/expressions/result";
import { either, on } from "./switches.mjs";

/** What Char.IsWhiteSpace takes. */
export const SPACE = /[\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/;
const TRIM = new RegExp(`^${SPACE.source}+|${SPACE.source}+$`, "g");

const isInt32 = (number) => number >= 0 && number <= 0xffffffff;

/** ExpressionUtility.ParseNumber. */
function runnerNumber(text) {
  const trimmed = text.replace(TRIM, "");
  if (trimmed === "") return 0;
  // Double.TryParse lets zero characters through at the end.
  const digits = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?(?=\0*$)/.exec(trimmed);
  if (digits) return Number(digits[0]);
  if (/^[+-]?infinity$/i.test(trimmed)) return trimmed.startsWith("-") ? -Infinity : Infinity;
  const radix = /^0x([0-9a-f]+)$/i.exec(trimmed) ?? /^0o([0-7]+)$/.exec(trimmed);
  if (!radix || trimmed.startsWith("0X")) return NaN;
  const integer = parseInt(radix[1], trimmed[1] === "x" ? 16 : 8);
  return isInt32(integer) ? integer | 0 : NaN;
}

/** A text as number. */
export function numberOf(text) {
  const [runner, npm] = [runnerNumber(text), Number(text)];
  if (Object.is(runner, npm) || runner === npm) return runner;
  const id = /0[xob]/i.test(text)
    ? "number-radix"
    : /infinity/i.test(text)
      ? "number-infinity"
      : text.includes("\0")
        ? "number-zero-character"
        : "number-white-space";
  return on(id) ? runner : npm;
}

/** Fifteen digits; where two are as near, the even one: toPrecision takes the larger one. */
function fifteenDigits(number) {
  const [mantissa, exponent] = number.toExponential(59).split("e");
  const digits = mantissa.replace(".", "");
  const tie = /^.{14}[02468]50*$/.test(digits);
  const rounded = tie ? `${digits[0]}.${digits.slice(1, 15)}e${exponent}` : number.toExponential(14);
  const [head, power] = rounded.split("e");
  return [head.replace(".", "").replace(/0+$/, "") || "0", Number(power)];
}

/** Double.ToString("G15"). */
export function g15(number) {
  if (!Number.isFinite(number) || (Number.isInteger(number) && Math.abs(number) < 1e15)) return String(number);
  const sign = number < 0 ? "-" : "";
  const [digits, exponent] = fifteenDigits(Math.abs(number));
  if (exponent >= 15 || exponent < -4) {
    const power = String(Math.abs(exponent)).padStart(2, "0");
    return `${sign}${digits[0]}${digits.length > 1 ? "." : ""}${digits.slice(1)}E${exponent < 0 ? "-" : "+"}${power}`;
  }
  if (exponent < 0) return `${sign}0.${"0".repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, "0");
  const fraction = digits.slice(exponent + 1);
  return `${sign}${whole}${fraction && "."}${fraction}`;
}

export class Text extends data.StringData {
  number() {
    return numberOf(this.value);
  }
}

export class Numeric extends data.NumberData {
  coerceString() {
    return either("number-text", this.value === 0 ? "0" : g15(this.value), super.coerceString());
  }
}

/** What `.*` gives. */
export class Filtered extends data.Array {}

/** The simple capital of each character, one for one: StringComparison.OrdinalIgnoreCase. */
export function capitals(text) {
  if (/^[\0-\x7f]*$/.test(text)) return text.toUpperCase();
  return Array.from(text, capital).join("");
}

function capital(character) {
  const code = character.codePointAt(0);
  if (code === 0x131 || code === 0x17f) return character;
  const full = character.toUpperCase();
  if (full.length === character.length) return full;
  // Greek letters with an iota below have a capital of one character; toUpperCase writes two.
  const iota = [0x1f80, 0x1f90, 0x1fa0].some((first) => code >= first && code < first + 8);
  if (iota) return String.fromCodePoint(code + 8);
  return [0x1fb3, 0x1fc3, 0x1ff3].includes(code) ? String.fromCodePoint(code + 9) : character;
}

/** Names and values in order, as DictionaryExpressionData has them. */
export class Names {
  kind = data.Kind.Dictionary;
  primitive = false;
  entries = [];
  byCapitals = new Map();
  bySmall = new Map();
  /** Whether the case of names counts: CaseSensitiveDictionaryExpressionData, for `env` on Linux. */
  isEnv = false;

  coerceString() {
    return "Object";
  }

  number() {
    return NaN;
  }

  /** A later name that differs by case gives its value to the first. */
  add(name, value) {
    if (name.toLowerCase() in {} && !on("names-of-prototype")) return;
    const [runner, npm] = [this.byCapitals.get(capitals(name)), this.bySmall.get(name.toLowerCase())];
    const place = either("letters", runner, npm);
    if (place === undefined) {
      this.byCapitals.set(capitals(name), this.entries.length);
      this.bySmall.set(name.toLowerCase(), this.entries.length);
      this.entries.push([name, value]);
    } else if (on("names-last-value")) {
      this.entries[place][1] = value;
    }
  }

  get(name) {
    if (this.isEnv && !this.entries.some(([other]) => other === name) && on("names-of-env")) return undefined;
    if (name.toLowerCase() in {} && this.byCapitals.has(capitals(name)) && !on("names-of-prototype")) {
      return undefined;
    }
    const place = either("letters", this.byCapitals.get(capitals(name)), this.bySmall.get(name.toLowerCase()));
    return place === undefined ? undefined : this.entries[place][1];
  }

  values() {
    return this.entries.map(([, value]) => value);
  }
}

/** Whether two texts are equal whatever their case. */
export const sameText = (left, right) =>
  either("letters", capitals(left) === capitals(right), toUpperSpecial(left) === toUpperSpecial(right));

/** Whether the first text comes first, whatever the case of both. */
export const comesFirst = (left, right) =>
  either("letters", capitals(left) < capitals(right), toUpperSpecial(left) < toUpperSpecial(right));
