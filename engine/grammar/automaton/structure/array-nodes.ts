// Arrays as nodes: what may come after the bracket or after an item.
import type { Shape } from "../../shape.js";
import type { ArrayPlan, ArrayPosition } from "./array-position.js";
import { Capture, capturedNode } from "../node/captured-node.js";
import type { Node, NodeContext, NodeMaker } from "../node/node.js";
import type { ItemForm, UniqueItems } from "./unique-items.js";

/** The array from `position` on, then `next`. */
export function arrayNode(context: NodeContext, plan: ArrayPlan, position: ArrayPosition, next: Node): Node {
  const { maker, style } = context;
  const expand = () => {
    const items = [false, true].flatMap((isCounted) => (plan.canTake(position, isCounted) ? itemNodes(context, plan, { position, isCounted }, next) : []));
    const options = position.count === 0 || items.length === 0 ? items : [maker.literal(style.comma, together(maker, items, position, next))];
    if (position.canClose) options.push(maker.literal("]", next));
    return options;
  };
  const rebuild = (other: Node) => arrayNode(context, plan, position, other);
  return maker.expanded(next, { part: position, index: 0 }, position.bytes + next.distance, { expand, rebuild });
}

/** Several nodes as one that stands for them. */
function together(maker: NodeMaker, nodes: readonly Node[], position: ArrayPosition, next: Node): Node {
  if (nodes.length === 1) return nodes[0];
  const distance = nodes.reduce((least, node) => Math.min(least, node.distance), Infinity);
  return maker.expanded(next, { part: position, index: 1 }, distance, { expand: () => nodes });
}

function itemNodes(context: NodeContext, plan: ArrayPlan, at: { position: ArrayPosition; isCounted: boolean }, next: Node): Node[] {
  const { position, isCounted } = at;
  const item = plan.item(position);
  const shape = isCounted ? item.counted! : item.value;
  const after = (text?: string) => arrayNode(context, plan, plan.take(position, isCounted, text), next);
  if (!plan.unique) return [context.maker.value(shape, after())];
  return uniqueNodes(context.maker, plan.unique, { shape, plan, position }, after);
}

interface UniqueItem {
  shape: Shape;
  plan: ArrayPlan;
  position: ArrayPosition;
}

/** The forms of an item that must differ from the earlier ones. */
function uniqueNodes(maker: NodeMaker, unique: UniqueItems, { shape, plan, position }: UniqueItem, after: (text?: string) => Node): Node[] {
  const node = (form: ItemForm): Node[] => {
    const lexeme = position.used.restOf(form);
    if (lexeme.distance(lexeme.start) === Infinity) return [];
    const capture = new Capture({
      after: (text) => after(form.isQuoted ? `"${text}"` : text),
      isQuoted: form.isQuoted,
      afterAny: form.isQuoted ? maker.literal('"', after()) : after(),
      isOpen: !unique.isFinite(shape),
      isWayFixed: position.used.count + 1 >= plan.shape.minItems && !plan.shape.contains,
    });
    const body = capturedNode(maker, capture, lexeme);
    return [form.isQuoted ? maker.literal('"', body) : body];
  };
  return unique.formsOf(shape).flatMap(node).filter(({ distance }) => distance < Infinity);
}
