// Whether two shapes provably share no value: what makes `oneOf` the same as `anyOf`.
import type { ObjectShape, Shape } from "../shape.js";

/** False where it cannot be told. */
export function areDisjoint(a: Shape, b: Shape): boolean {
  const left = flatten(a);
  const right = flatten(b);
  if (!left || !right) return false;
  return left.every((one) => right.every((other) => areSimplyDisjoint(one, other)));
}

type SimpleShape = Exclude<Shape, { kind: "union" }>;

/** The members of nested unions; undefined where a union holds itself. */
function flatten(shape: Shape, open: readonly Shape[] = []): SimpleShape[] | undefined {
  if (shape.kind !== "union") return [shape];
  if (open.includes(shape)) return undefined;
  const parts = shape.members.map((member) => flatten(member, [...open, shape]));
  return parts.includes(undefined) ? undefined : parts.flatMap((part) => part!);
}

function areSimplyDisjoint(a: SimpleShape, b: SimpleShape): boolean {
  if (a.kind === "words" && b.kind === "words") {
    const texts = new Set(a.words.words.map(String));
    // Texts of objects differ by the order of their keys, values do not.
    const areScalars = ![...typesOf(a), ...typesOf(b)].some((type) => type === "object" || type === "array");
    if (areScalars) return b.words.words.every((word) => !texts.has(String(word)));
  }
  const types = typesOf(a);
  if ([...typesOf(b)].every((type) => !types.has(type))) return true;
  return a.kind === "object" && b.kind === "object" && haveDistinguishingProperty(a, b);
}

function haveDistinguishingProperty(a: ObjectShape, b: ObjectShape): boolean {
  return a.properties.some((property) => {
    const twin = b.properties.find(({ key }) => key === property.key);
    if (!twin || !property.isRequired || !twin.isRequired) return false;
    return isClosed(property.value) && isClosed(twin.value) && areDisjoint(property.value, twin.value);
  });
}

/** One of a closed set of values. */
function isClosed(shape: Shape): boolean {
  return flatten(shape)?.every(({ kind }) => kind === "words") ?? false;
}

function typesOf(shape: SimpleShape): Set<string> {
  if (shape.kind === "lexeme") return new Set([shape.type]);
  if (shape.kind !== "words") return new Set([shape.kind]);
  return new Set(shape.words.words.map((word) => typeOfText(String.fromCharCode(word[0]))));
}

function typeOfText(first: string): string {
  switch (first) {
    case '"':
      return "string";
    case "[":
      return "array";
    case "{":
      return "object";
    case "t":
    case "f":
      return "boolean";
    case "n":
      return "null";
    default:
      return "number";
  }
}
