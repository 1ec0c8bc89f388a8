// The rest of a lexical form whose text matters for what follows: items and names that must not repeat.
import type { Lexeme } from "../../lexeme/lexeme.js";
import { Node, type NodeMaker } from "./node.js";

const ALL_BYTES = Array.from({ length: 256 }, (_, byte) => byte);

export interface CaptureOptions {
  /** The continuation after `text`. */
  after: (text: string) => Node;
  /** The continuation as if the text were none of those that matter. */
  afterAny: Node;
  /** Whether what may follow is the same after every text, but that the text itself may not come again. */
  isOpen: boolean;
  /** Whether the way to the end is the same after every text. */
  isWayFixed: boolean;
}

/** What follows a captured text. */
export class Capture {
  readonly after: (text: string) => Node;
  readonly afterAny: Node;
  readonly isOpen: boolean;
  readonly isWayFixed: boolean;
  readonly #keys = new Map<Lexeme, Map<string, object>>();

  constructor({ after, afterAny, isOpen, isWayFixed }: CaptureOptions) {
    this.after = after;
    this.afterAny = afterAny;
    this.isOpen = isOpen;
    this.isWayFixed = isWayFixed;
  }

  /** An object that stands for `text` written in `lexeme`. */
  keyOf(lexeme: Lexeme, text: string): object {
    let texts = this.#keys.get(lexeme);
    if (!texts) this.#keys.set(lexeme, (texts = new Map()));
    let key = texts.get(text);
    if (!key) texts.set(text, (key = {}));
    return key;
  }
}

export class CapturedNode extends Node {
  readonly distance: number;

  constructor(
    id: number,
    private readonly maker: NodeMaker,
    readonly capture: Capture,
    readonly lexeme: Lexeme,
    readonly state: number,
    /** Bytes written so far, one a character. */
    readonly text: string,
  ) {
    super(id);
    this.distance = lexeme.distance(state) + capture.afterAny.distance;
  }

  override passes(): readonly Node[] {
    return this.lexeme.isWhole(this.state) ? [this.capture.after(decode(this.text))] : [];
  }

  step(byte: number): Node | undefined {
    const state = this.lexeme.step(this.state, byte);
    if (state < 0) return undefined;
    return capturedNode(this.maker, this.capture, this.lexeme, { state, text: this.text + String.fromCharCode(byte) });
  }

  firstBytes(): readonly number[] {
    return ALL_BYTES;
  }
}

export function capturedNode(maker: NodeMaker, capture: Capture, lexeme: Lexeme, at: { state: number; text: string }): Node {
  const key = capture.keyOf(lexeme, at.text);
  return maker.intern(capture.afterAny, key, at.state, (id) => new CapturedNode(id, maker, capture, lexeme, at.state, at.text));
}

function decode(bytes: string): string {
  return Buffer.from(bytes, "latin1").toString();
}
