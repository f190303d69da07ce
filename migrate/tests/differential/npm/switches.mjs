// Each class of difference of expression-differences.yaml is a switch: on, what the runner does is done, off, what the npm package does. A switch is
// asked only where the two do different things.

let off = new Set();
let all = false;
let asked = new Set();

/** Runs with these switches off (`true` for all); answers the result and the switches that were asked. */
export function withOff(switches, run) {
  const outer = [off, all, asked];
  [off, all, asked] = [switches === true ? new Set() : switches, switches === true, new Set()];
  try {
    return [run(), asked];
  } finally {
    [off, all, asked] = outer;
  }
}

/** Whether this is done as the runner does it. */
export function on(id) {
  asked.add(id);
  return !all && !off.has(id);
}

/** One of two answers, by a switch that matters only where they differ. */
export function either(id, runner, npm) {
  return Object.is(runner, npm) || on(id) ? runner : npm;
}
