// XML is read as indented `Name: value` lines without namespace prefixes, attributes as `@name: value` below
// their element. `xml-tree.ts` says where each value stands.
import { XMLValidator } from "fast-xml-parser";
import { InputError } from "../../error/input/input-error.js";
import type { MappedText } from "../mapped-text.js";
import type { Reader } from "./reader.js";
import { xmlTree, type XmlAttribute, type XmlElement } from "./xml-tree.js";
import type { Run } from "./xml-text.js";

/** The parser's messages quote the text at fault whole. */
const MAX_MESSAGE_CHARS = 300;

export const xmlReader: Reader = {
  format: "xml",
  extensions: ["xml", "xbrl"],
  detects: (source) => /^\s*</.test(source) && (declaresEntities(source) || validate(source) === undefined),
  read(source, out) {
    if (declaresEntities(source)) throw broken(source, "it declares entities, which are never expanded or fetched", 0);
    const problem = validate(source);
    if (problem) throw broken(source, problem.message, problem.offset);
    let root: XmlElement;
    try {
      root = xmlTree(source);
    } catch (cause) {
      throw broken(source, (cause as Error).message, undefined, cause);
    }
    writeElement(root, out, "");
    return Object.fromEntries([[root.name, toData(root)]]);
  },
};

function broken(source: string, message: string, offset: number | undefined, cause?: unknown): InputError {
  return new InputError(`Invalid XML: ${message.slice(0, MAX_MESSAGE_CHARS)}`, {
    format: "xml", rawText: source, offset, cause,
    hint: 'Mend the XML, or pass its content as a string to read it as plain text.',
  });
}

/** Whether the prolog holds a document type with entity declarations: the door to entity bombs and file reads. */
function declaresEntities(source: string): boolean {
  const misc = /\s+|<\?[\s\S]*?\?>|<!--[\s\S]*?-->/y;
  let start = 0;
  while (misc.test(source)) start = misc.lastIndex;
  const head = source.slice(start, start + "<!DOCTYPE".length);
  return /^<!(?:DOCTYPE|ENTITY)/i.test(head) && /<!ENTITY\b/i.test(source.slice(start));
}

function validate(source: string): { message: string; offset: number } | undefined {
  const result = checkSyntax(source);
  if (result === true) return undefined;
  const lines = source.split("\n", result.line - 1);
  const lineStart = lines.reduce((length, line) => length + line.length + 1, 0);
  return { message: result.message.replace(/\.$/, ""), offset: lineStart + result.column - 1 };
}

function checkSyntax(source: string): true | { message: string; line: number; column: number } {
  try {
    const result = XMLValidator.validate(source);
    return result === true || { message: result.err.msg, line: result.err.line, column: result.err.col ?? 1 };
  } catch (cause) {
    return { message: (cause as Error).message, line: 1, column: 1 };
  }
}

function writeElement(element: XmlElement, out: MappedText, indent: string): void {
  const place = { xpath: element.xpath };
  out.label(`${indent}${element.name}:`);
  const [first, ...rest] = element.content;
  const startsWithText = first?.kind === "value";
  if (startsWithText) {
    out.label(" ");
    writeRuns(first.runs, out, place);
  }
  for (const attribute of element.attributes) {
    out.label(`\n${indent}  @${attribute.name}: `);
    writeRuns(attribute.runs, out, { xpath: attribute.xpath });
  }
  for (const child of startsWithText ? rest : element.content) {
    out.label("\n");
    if (child.kind === "element") writeElement(child, out, `${indent}  `);
    else {
      out.label(`${indent}  `);
      writeRuns(child.runs, out, place);
    }
  }
}

function writeRuns(runs: Run[], out: MappedText, place: { xpath: string }): void {
  for (const run of runs) out.value(run.text, run.start, run.end, place);
}

/** A string where there is only text, else an object by local name, `@name` and `#text`; repeats make arrays. */
function toData(element: XmlElement): unknown {
  const entries = new Map<string, unknown[]>();
  const add = (name: string, value: unknown): void => {
    const values = entries.get(name);
    if (values) values.push(value);
    else entries.set(name, [value]);
  };
  for (const attribute of element.attributes) add(`@${attribute.name}`, textOf(attribute));
  for (const child of element.content) {
    if (child.kind === "element") add(child.name, toData(child));
    else add("#text", textOf(child));
  }
  if (entries.size === 0) return "";
  const onlyText = entries.size === 1 ? entries.get("#text") : undefined;
  if (onlyText) return onlyText.join(" ");
  return Object.fromEntries([...entries].map(([name, values]) => [name, values.length === 1 ? values[0] : values]));
}

function textOf({ runs }: { runs: XmlAttribute["runs"] }): string {
  return runs.map((run) => run.text).join("");
}
