// JSON as it is written: key order and number forms are kept, which JSON.parse would lose.

const SPACE = /[ \t\r\n]*/y;
const STRING = /"(?:[^"\\]|\\.)*"/y;
const SCALAR = /[^ \t\r\n,\]}]+/y;

/** Members of the object `text`, values as text with one space after each colon and comma. */
export function membersOf(text) {
  const reader = new JsonReader(text);
  const members = {};
  reader.eachMember((key, value) => {
    members[JSON.parse(key)] = value;
  });
  return members;
}

/** Elements of the array `text`, as `membersOf` gives values. */
export function elementsOf(text) {
  const elements = [];
  new JsonReader(text).eachElement((value) => elements.push(value));
  return elements;
}

class JsonReader {
  #text;
  #position = 0;

  constructor(text) {
    this.#text = text;
  }

  eachMember(visit) {
    this.#list("}", () => {
      const key = this.#string();
      this.#skip();
      this.#position++;
      visit(key, this.#value());
    });
  }

  eachElement(visit) {
    this.#list("]", () => visit(this.#value()));
  }

  #list(close, readEntry) {
    this.#skip();
    this.#position++;
    this.#skip();
    while (this.#text[this.#position] !== close) {
      readEntry();
      this.#skip();
      if (this.#text[this.#position] === ",") this.#position++;
      this.#skip();
    }
    this.#position++;
  }

  #value() {
    this.#skip();
    const first = this.#text[this.#position];
    if (first === '"') return this.#string();
    const entries = [];
    if (first === "{") {
      this.eachMember((key, value) => entries.push(`${key}: ${value}`));
      return `{${entries.join(", ")}}`;
    }
    if (first === "[") {
      this.eachElement((value) => entries.push(value));
      return `[${entries.join(", ")}]`;
    }
    return this.#match(SCALAR);
  }

  /** A string with the fewest escapes. */
  #string() {
    return JSON.stringify(JSON.parse(this.#match(STRING)));
  }

  #skip() {
    this.#match(SPACE);
  }

  #match(pattern) {
    pattern.lastIndex = this.#position;
    const [found] = pattern.exec(this.#text);
    this.#position += found.length;
    return found;
  }
}
