// The rest of a lexical form whose text matters for what follows: items and names that must not repeat.
import type { Lexeme } from "../../lexeme/lexeme.js";
import { Node, type NodeMaker } from "./node.js";

const QUOTE = 0x22;
const ALL_BYTES = Array.from({ length: 256 }, (_, byte) => byte);

export interface CaptureOptions {
  /** The continuation after `text`, and after the quote that ends it where it is quoted. */
  after: (text: string) => Node;
  isQuoted: boolean;
  /** The continuation, with the quote, as if the text were none of those that matter. */
  afterAny: Node;
  /** Whether what may follow is the same after every text, but that the text itself may not come again. */
  isOpen: boolean;
  /** Whether the way to the end is the same after every text. */
  isWayFixed: boolean;
}

/** What follows a captured text. */
export class Capture {
  readonly after: (text: string) => Node;
  readonly isQuoted: boolean;
  readonly afterAny: Node;
  readonly isOpen: boolean;
  readonly isWayFixed: boolean;
  readonly #keys = new Map<Lexeme, object>();

  constructor({ after, isQuoted, afterAny, isOpen, isWayFixed }: CaptureOptions) {
    this.after = after;
    this.isQuoted = isQuoted;
    this.afterAny = afterAny;
    this.isOpen = isOpen;
    this.isWayFixed = isWayFixed;
  }

  /** An object that stands for `lexeme` here. */
  keyOf(lexeme: Lexeme): object {
    let key = this.#keys.get(lexeme);
    if (!key) this.#keys.set(lexeme, (key = {}));
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

  /** Never to a quote: it would take a continuation for each beginning of a text. */
  override passes(): readonly Node[] {
    return this.capture.isQuoted || !this.lexeme.isWhole(this.state) ? [] : [this.#after()];
  }

  step(byte: number): Node | undefined {
    const { capture, lexeme, maker } = this;
    if (byte === QUOTE && capture.isQuoted && lexeme.isWhole(this.state)) return this.#after();
    const state = lexeme.step(this.state, byte);
    if (state < 0) return undefined;
    return maker.intern(this, capture, byte, (id) => new CapturedNode(id, maker, capture, lexeme, state, this.text + String.fromCharCode(byte)));
  }

  firstBytes(): readonly number[] {
    return ALL_BYTES;
  }

  #after(): Node {
    return this.capture.after(decode(this.text));
  }
}

/** Any text of `lexeme`. */
export function capturedNode(maker: NodeMaker, capture: Capture, lexeme: Lexeme): Node {
  return maker.intern(capture.afterAny, capture.keyOf(lexeme), 0, (id) => new CapturedNode(id, maker, capture, lexeme, lexeme.start, ""));
}

function decode(bytes: string): string {
  return Buffer.from(bytes, "latin1").toString();
}
