// An error by its stage, its text without the place, and the place.

export class Fault extends Error {
  constructor(stage, text, position) {
    super(text);
    Object.assign(this, { stage, text, position });
  }

  static at(stage, what, { raw, start }) {
    return new Fault(stage, `${what}: '${raw}'`, start + 1);
  }

  /** Runs a part of the npm package, and makes errors of its errors. */
  static ofNpm(run) {
    let stage = "lexing";
    try {
      return run((next) => (stage = next));
    } catch (error) {
      if (error instanceof Fault) throw error;
      const [, text, position] = /^(.*?)\. Located at position (\d+) within expression: /s.exec(error.message) ?? [];
      const column = error.pos && error.pos.column + 1;
      throw new Fault(stage, text ?? error.message, column ?? (position && Number(position)));
    }
  }
}
