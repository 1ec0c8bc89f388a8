// How the characters of one source may be written inside a JSON string: a byte trie from spellings to characters.

/** Places inside the spellings of one character; a state keeps them in 6 bits, beside "between two characters". */
const MAX_PLACES = 63;
/** Between two characters. */
export const OUTSIDE = 0;

/** 1 KB a place; a place is a proper beginning of a spelling. */
export class Spelling {
  /** By `place << 8 | byte`: 0 nothing, a positive place, or `-1 - id` of the character that is now written. */
  #next = new Int32Array(64 << 8);
  #placeCount = 1;
  readonly #forms: Uint8Array[][] = [];
  readonly #places: number[][] = [];
  /** By place: the characters of whose spellings it is a beginning. */
  readonly #characters: number[][] = [[]];

  /** @param alphabet by the id of a character, the code points that write it, the simplest first */
  constructor(alphabet: readonly (readonly number[])[]) {
    for (const [id, characters] of alphabet.entries()) {
      this.#forms.push([]);
      this.#places.push([]);
      for (const character of new Set(characters)) this.#add(id, jsonBytes(character));
    }
  }

  /** Characters that have spellings. */
  get size(): number {
    return this.#forms.length;
  }

  /** 0 where `byte` does not fit, a positive place, or `-1 - id` of the character that is now written. */
  next(place: number, byte: number): number {
    return this.#next[(place << 8) | byte];
  }

  /** The places inside the spellings of a character. */
  placesOf(id: number): readonly number[] {
    return this.#places[id];
  }

  /** The characters whose spellings lead through a place. */
  charactersAt(place: number): readonly number[] {
    return this.#characters[place];
  }

  /** Bytes of the simplest spelling. */
  byteLength(id: number): number {
    return this.#forms[id][0].length;
  }

  /** Bytes from `place` to the end of the shortest spelling of the character through it; Infinity where none is. */
  bytesLeft(id: number, place: number): number {
    return this.#forms[id].reduce((least, form) => Math.min(least, form.length - this.#depthOf(place, form)), Infinity);
  }

  /** The bytes of all simplest spellings: without them there would be dead ends. */
  neededBytes(): Set<number> {
    return new Set(this.#forms.flatMap(([simplest]) => [...simplest]));
  }

  /** Bytes of `form` up to `place`; -Infinity where it does not pass there. */
  #depthOf(place: number, form: Uint8Array): number {
    let at = OUTSIDE;
    for (let depth = 0; depth < form.length; depth++) {
      if (at === place) return depth;
      at = this.next(at, form[depth]);
    }
    return -Infinity;
  }

  #add(id: number, form: Uint8Array): void {
    if (this.#places[id].length + form.length - 1 > MAX_PLACES) return;
    let place = OUTSIDE;
    for (const byte of form.subarray(0, -1)) {
      place = this.next(place, byte) || this.#open(place, byte);
      if (this.#places[id].includes(place)) continue;
      this.#places[id].push(place);
      this.#characters[place].push(id);
    }
    this.#next[(place << 8) | form[form.length - 1]] = -1 - id;
    this.#forms[id].push(form);
  }

  /** A new place after `byte`. */
  #open(place: number, byte: number): number {
    if ((this.#placeCount + 1) << 8 > this.#next.length) {
      const grown = new Int32Array(this.#next.length * 2);
      grown.set(this.#next);
      this.#next = grown;
    }
    this.#next[(place << 8) | byte] = this.#placeCount;
    this.#characters.push([]);
    return this.#placeCount++;
  }
}

function jsonBytes(character: number): Uint8Array {
  return Buffer.from(JSON.stringify(String.fromCodePoint(character)).slice(1, -1));
}
