// Objects as nodes: what may come after the brace or after a value.
import type { FreeProperties } from "../../shape.js";
import { ExceptLexeme } from "../../lexeme/except-lexeme.js";
import { WordList } from "../../lexeme/word-list.js";
import { Capture, capturedNode } from "../node/captured-node.js";
import { allowedProperties, keyNode, type ObjectFrame } from "../node/key-node.js";
import type { Node, NodeContext } from "../node/node.js";
import type { ObjectPlan, ObjectPosition } from "./object-position.js";

/** The object from `position` on, then `next`. */
export function objectNode(context: NodeContext, plan: ObjectPlan, position: ObjectPosition, next: Node): Node {
  const { maker, style } = context;
  const expand = () => {
    const options: Node[] = [];
    const keys = keysNode(context, plan, position, next);
    if (keys) options.push(position.isStarted ? maker.literal(style.comma, keys) : keys);
    if (position.canClose) options.push(maker.literal("}", next));
    return options;
  };
  const rebuild = (other: Node) => objectNode(context, plan, position, other);
  return maker.expanded(next, { part: position, index: 0 }, position.bytes + next.distance, { expand, rebuild });
}

/** A name that may come at `position`, with all that follows; undefined where none may. */
function keysNode(context: NodeContext, plan: ObjectPlan, position: ObjectPosition, next: Node): Node | undefined {
  const { maker } = context;
  const after = (later: ObjectPosition) => objectNode(context, plan, later, next);
  const frame: ObjectFrame = { plan, position, after, distanceAfter: next.distance };
  const hasKey = !allowedProperties(frame, 0, plan.keys.words.length)[Symbol.iterator]().next().done;
  if (!hasKey && !position.canTakeFree) return undefined;
  const options: Node[] = hasKey ? [keyNode(maker, frame, [0, plan.keys.words.length, 0])] : [];
  if (position.canTakeFree) options.push(...plan.shape.free.map((free) => freeNode(context, frame, free)));
  const distance = options.reduce((least, option) => Math.min(least, option.distance), Infinity);
  return maker.expanded(next, { part: position, index: 1 }, distance, { expand: () => options });
}

function freeNode({ maker, style }: NodeContext, { position, after }: ObjectFrame, { key, value }: FreeProperties): Node {
  const valueAfter = (later: ObjectPosition) => maker.literal(`"${style.colon}`, maker.value(value, after(later)));
  const name = position.names.length > 0 && position.mustDiffer ? new ExceptLexeme(key, new WordList(position.names)) : key;
  if (!position.takeFree().mustDiffer) return maker.literal('"', maker.lexeme(name, name.start, valueAfter(position.takeFree())));
  const capture = new Capture({
    after: (text) => maker.literal(style.colon, maker.value(value, after(position.takeFree(text)))),
    isQuoted: true,
    afterAny: valueAfter(position.takeFree()),
    isOpen: true,
    isWayFixed: false,
  });
  return maker.literal('"', capturedNode(maker, capture, name));
}
