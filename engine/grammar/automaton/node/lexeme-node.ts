// The rest of a lexical form.
import type { Lexeme } from "../../lexeme/lexeme.js";
import { Node, type NodeMaker } from "./node.js";

const ALL_BYTES = Array.from({ length: 256 }, (_, byte) => byte);

/** The form from one of its states on; then `next`. */
export class LexemeNode extends Node {
  readonly distance: number;

  constructor(
    id: number,
    private readonly maker: NodeMaker,
    readonly lexeme: Lexeme,
    readonly state: number,
    readonly next: Node,
  ) {
    super(id);
    this.distance = lexeme.distance(state) + next.distance;
  }

  override passes(): readonly Node[] {
    return this.lexeme.isWhole(this.state) ? [this.next] : [];
  }

  step(byte: number): Node | undefined {
    const state = this.lexeme.step(this.state, byte);
    return state < 0 ? undefined : this.maker.lexeme(this.lexeme, state, this.next);
  }

  override rejoin(next: Node): Node {
    return this.maker.lexeme(this.lexeme, this.state, next);
  }

  firstBytes(): readonly number[] {
    return ALL_BYTES;
  }
}
