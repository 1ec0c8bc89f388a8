// What all benchmarks share: arguments, the models they name, tables, goals with `--check`, and the `--json` file.
import { existsSync, readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { availableParallelism, cpus, loadavg } from "node:os";
import { basename } from "node:path";
import { parseArgs } from "node:util";
import { findEntry, pullModel } from "../../dist/engine/index.js";

const BOTH_SIZES = ["qwen2.5-coder-0.5b-instruct", "qwen2.5-coder-1.5b-instruct"];

const COMMON_OPTIONS = {
  model: { type: "string", multiple: true, default: BOTH_SIZES },
  threads: { type: "string", count: true, default: String(availableParallelism()) },
  check: { type: "boolean", default: false },
  json: { type: "string" },
};

/**
 * The command line. `options` are those of one benchmark, as `parseArgs` takes them, undefined for a common one that it
 * has no use for; `count` makes a whole number of a value, `oneOf` lists the values there are. A command line that makes
 * no sense ends the process with 2.
 */
export function readArguments(options = {}) {
  if (process.argv.includes("--help") && !options.help) printHelp();
  const all = Object.fromEntries(Object.entries({ ...COMMON_OPTIONS, ...options }).filter(([, option]) => option));
  try {
    const { values } = parseArgs({ options: all });
    return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, checkedValue(name, value, all[name])]));
  } catch (error) {
    console.error(error.message);
    process.exit(2);
  }
}

/** The comment at the head of a benchmark says what it does and how it is called. */
function printHelp() {
  const lines = readFileSync(process.argv[1], "utf8").split("\n");
  const end = lines.findIndex((line) => !line.startsWith("//"));
  console.log(lines.slice(0, end).map((line) => line.slice(3)).join("\n"));
  process.exit(0);
}

function checkedValue(name, value, { count, oneOf }) {
  if (oneOf && !oneOf.includes(value)) throw new RangeError(`--${name} is one of ${oneOf.join(", ")}, not ${value}`);
  if (count && !(Number(value) >= 1 && Number.isInteger(Number(value)))) {
    throw new RangeError(`--${name} is a whole number of at least 1, not ${value}`);
  }
  return count ? Number(value) : value;
}

/** `--model` names a file, or an id of the catalogue, which is fetched if need be. */
export async function locateModel(idOrPath) {
  if (existsSync(idOrPath)) return { name: basename(idOrPath, ".gguf"), path: idOrPath };
  const { id } = findEntry(idOrPath);
  return { name: id, path: await pullModel(id) };
}

/** Ends the process with 2: the command line asks for what cannot be. */
export function refuse(message) {
  console.error(message);
  process.exit(2);
}

/** Parts of a benchmark without their data are left out; a check that leaves something out is none. `parts` are named, each with `needsData` or not. */
export function chooseParts(parts, { part, data, check }) {
  const unknown = part.find((name) => !(name in parts));
  if (unknown !== undefined) refuse(`--part is one of ${Object.keys(parts).join(", ")}, not ${unknown}`);
  const missing = data ? [] : part.filter((name) => parts[name].needsData);
  if (missing.length === 0) return part;
  const message = `${missing.join(", ")}: the labelled sets are not part of the package; name their folder with --data DIR.`;
  if (check) refuse(message);
  console.log(`Left out: ${message}`);
  return part.filter((name) => !missing.includes(name));
}

export function printTable(header, rows) {
  const cells = [header, ...rows].map((row) => row.map(String));
  const widths = header.map((_, column) => Math.max(...cells.map((row) => row[column].length)));
  for (const row of cells) {
    console.log(row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]))).join("  "));
  }
  console.log();
}

export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
}

export class BenchReport {
  #goals = [];
  #figures = {};

  constructor(name) {
    this.name = name;
    this.#figures.machine = { processor: cpus()[0]?.model, cores: cpus().length, node: process.version, loadAtStart: loadavg()[0] };
  }

  /** Keeps figures for the `--json` file. */
  add(key, figures) {
    this.#figures[key] = figures;
  }

  goal(what, value, relation, limit) {
    const met = relation === "at least" ? value >= limit : value <= limit;
    this.#goals.push({ what, value, relation, limit, met });
  }

  /** Prints the goals, writes the file; with `--check` a missed goal is exit code 1. */
  async finish({ check, json }) {
    printTable(
      ["goal", "value", "limit", ""],
      this.#goals.map(({ what, value, relation, limit, met }) => [what, value.toFixed(3), `${relation} ${limit}`, met ? "met" : "MISSED"]),
    );
    const { machine, ...figures } = this.#figures;
    const report = { bench: this.name, machine, figures, goals: this.#goals };
    if (json) await writeFile(json, `${JSON.stringify(report, undefined, 2)}\n`);
    process.exitCode = check && this.#goals.some(({ met }) => !met) ? 1 : 0;
  }
}
