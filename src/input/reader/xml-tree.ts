// The elements of an XML text with the place of every attribute and stretch of text. fast-xml-parser judges
// and finds the elements; it gives no places below them, so those are found here. `xml-reader.ts` writes it out.
import { XMLParser } from "fast-xml-parser";
import { decodeText, type Run } from "./xml-text.js";

/** A value: the runs that make it up. */
export interface XmlValue { kind: "value"; runs: Run[] }
export interface XmlAttribute { name: string; xpath: string; runs: Run[] }
export interface XmlElement {
  kind: "element";
  /** Without its namespace prefix. */
  name: string;
  /** With prefixes as in the source, and positions among siblings of one name. */
  xpath: string;
  attributes: XmlAttribute[];
  content: (XmlElement | XmlValue)[];
}

/** A node of fast-xml-parser under `preserveOrder`: one key is the name, its value the children. */
type ParserNode = Record<string | symbol, unknown>;

const MAX_DEPTH = 512;
const metadata = XMLParser.getMetaDataSymbol() as symbol;

/** The root element of a well-formed text. Nothing is expanded and nothing is fetched. */
export function xmlTree(source: string): XmlElement {
  const parser = new XMLParser({
    ignoreAttributes: true, preserveOrder: true, captureMetaData: true, parseTagValue: false, trimValues: false,
    processEntities: false, maxNestedTags: MAX_DEPTH,
  });
  const [root] = elementsOf(parser.parse(source) as ParserNode[]);
  return buildElement(source, root, "");
}

function elementsOf(nodes: ParserNode[]): ParserNode[] {
  return nodes.filter((node) => !/^[#?!]/.test(nameOf(node)));
}

function nameOf(node: ParserNode): string {
  return Object.keys(node).find((key) => key !== ":@") ?? "#text";
}

function localName(name: string): string {
  return name.slice(name.indexOf(":") + 1);
}

function buildElement(source: string, node: ParserNode, path: string): XmlElement {
  const name = nameOf(node);
  const { startIndex, endIndex } = node[metadata] as { startIndex: number; endIndex: number };
  const xpath = path || `/${name}`;
  const tag = readOpenTag(source, startIndex + 1 + name.length);
  const attributes = tag.attributes
    .filter((attribute) => !/^xmlns(:|$)|(^|:)(schemaLocation|noNamespaceSchemaLocation)$/.test(attribute.name))
    .map((attribute) => ({
      name: localName(attribute.name), xpath: `${xpath}/@${attribute.name}`,
      runs: decodeText(source, attribute.start, attribute.end, "attribute"),
    }));
  const children = elementsOf(node[name] as ParserNode[]);
  const closeAt = tag.end >= endIndex ? endIndex : source.lastIndexOf("</", endIndex - 1);
  const content = buildContent(source, children, xpath, tag.end, closeAt);
  return { kind: "element", name: localName(name), xpath, attributes, content };
}

/** Child elements in order, with the text of the gaps between them. */
function buildContent(source: string, children: ParserNode[], xpath: string, start: number, end: number) {
  const totals = new Map<string, number>();
  for (const child of children) totals.set(nameOf(child), (totals.get(nameOf(child)) ?? 0) + 1);
  const seen = new Map<string, number>();
  const content: (XmlElement | XmlValue)[] = [];
  const pushText = (from: number, to: number): void => {
    const runs = decodeText(source, from, to, "content");
    if (runs.length > 0) content.push({ kind: "value", runs });
  };
  let at = start;
  for (const child of children) {
    const name = nameOf(child);
    const place = child[metadata] as { startIndex: number; endIndex: number };
    pushText(at, place.startIndex);
    const position = (seen.get(name) ?? 0) + 1;
    seen.set(name, position);
    content.push(buildElement(source, child, `${xpath}/${name}${(totals.get(name) ?? 0) > 1 ? `[${position}]` : ""}`));
    at = place.endIndex;
  }
  pushText(at, end);
  return content;
}

/** The attributes from behind an element's name to its closing bracket; the text is known to be well formed. */
function readOpenTag(source: string, from: number) {
  const attribute = /[\s/]*([^\s=/>]+)\s*=\s*(["'])/y;
  const attributes: { name: string; start: number; end: number }[] = [];
  let at = from;
  for (;;) {
    attribute.lastIndex = at;
    const match = attribute.exec(source);
    if (!match) return { attributes, end: source.indexOf(">", at) + 1 };
    const start = attribute.lastIndex;
    const end = source.indexOf(match[2], start);
    attributes.push({ name: match[1], start, end });
    at = end + 1;
  }
}
