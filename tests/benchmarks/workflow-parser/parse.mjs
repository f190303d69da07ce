// Reads every workflow below a folder with GitHub's npm package, for `cargo xtask bench migrate`. Prints how many
// files and errors there were.
import { readdirSync, readFileSync } from "node:fs";
import { register } from "node:module";
import { join } from "node:path";

register("./json.mjs", import.meta.url);
const { convertWorkflowTemplate, NoOperationTraceWriter, parseWorkflow } = await import("@actions/workflow-parser");

const trace = new NoOperationTraceWriter();
let [files, errors] = [0, 0];
for (const name of readdirSync(process.argv[2], { recursive: true }).sort()) {
  if (!name.endsWith(".yml") && !name.endsWith(".yaml")) continue;
  const read = parseWorkflow({ name, content: readFileSync(join(process.argv[2], name), "utf8") }, trace);
  if (read.value) await convertWorkflowTemplate(read.context, read.value);
  files += 1;
  errors += read.context.errors.getErrors().length;
}
console.log(`${files} files, ${errors} errors`);
