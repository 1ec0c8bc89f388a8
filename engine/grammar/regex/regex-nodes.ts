// Makes the nodes of regular expressions: simplified as they are built, and equal ones once.
import { ALL_CHARACTERS, type CharSet, intersect, NO_CHARACTER, union } from "./char-set.js";
import {
  ClassRegex, ConcatRegex, EmptyRegex, LoopRegex, NotRegex, type Regex, type RegexFacts, RepeatRegex, SetRegex,
} from "./node.js";
import { type Pattern, PatternFacts } from "./pattern/pattern.js";
import { RegexError } from "./regex-error.js";

interface Counter {
  next: number;
}

type Make<T extends Regex> = (id: number) => T;

export class RegexNodes {
  readonly #nodes = new Map<string, Regex>();
  readonly patternFacts: PatternFacts;
  readonly nothing: Regex;
  /** The empty text alone. */
  readonly empty: Regex;
  /** Every text. */
  readonly anything: Regex;
  /** Nodes and their parts made so far. */
  work = 0;
  /** How many may be; then RegexError. */
  maxWork = Infinity;
  readonly #counter: Counter;

  /** @param parent whose nodes are used; those made here go with this store */
  constructor(private readonly parent?: RegexNodes) {
    this.#counter = parent ? parent.#counter : { next: 0 };
    this.patternFacts = parent ? parent.patternFacts : new PatternFacts();
    this.nothing = this.class(NO_CHARACTER);
    const emptyFacts = { isNullable: true, minLength: 0, maxLength: 0, isPlain: true, longestEnd: 0 };
    this.empty = this.#intern("e", (id) => new EmptyRegex(id, 1, emptyFacts));
    this.anything = this.repeat(this.class(ALL_CHARACTERS), 0, Infinity);
  }

  class(set: CharSet): Regex {
    const isEmpty = set.length === 0;
    const facts: RegexFacts = {
      isNullable: false,
      minLength: isEmpty ? Infinity : 1,
      maxLength: isEmpty ? -Infinity : 1,
      isPlain: true,
      longestEnd: isEmpty ? 0 : 1,
    };
    return this.#intern(`[${set.join()}`, (id) => new ClassRegex(id, mix(2, set), facts, set));
  }

  concat(head: Regex, tail: Regex): Regex {
    if (head === this.nothing || tail === this.empty) return head;
    if (tail === this.nothing || head === this.empty) return tail;
    if (head.kind !== "concat") return this.#cons(head, tail);
    const heads: Regex[] = [];
    let rest: Regex = head;
    for (; rest.kind === "concat"; rest = rest.tail) heads.push(rest.head);
    let all = this.#cons(rest, tail);
    for (let i = heads.length - 1; i >= 0; i--) all = this.#cons(heads[i], all);
    return all;
  }

  repeat(body: Regex, min: number, max: number): Regex {
    if (max === 0 || body === this.empty) return this.empty;
    if (body === this.nothing) return min === 0 ? this.empty : body;
    if (body.isNullable) {
      if (max === 1) return body;
      if (min > 0) return this.repeat(body, 0, max);
      if (body.kind === "or" && body.parts.includes(this.empty)) {
        return this.repeat(this.or(...body.parts.filter((part) => part !== this.empty)), 0, max);
      }
    }
    if (min === 1 && max === 1) return body;
    if (body.kind === "repeat" && isGapless(body, min, max)) {
      return this.repeat(body.body, body.min * min, body.max * max);
    }
    const facts: RegexFacts = {
      isNullable: min === 0 || body.isNullable,
      minLength: min === 0 ? 0 : body.minLength * min,
      maxLength: body.maxLength <= 0 ? 0 : body.maxLength * max,
      isPlain: body.isPlain,
      longestEnd: body.longestEnd + Math.max(0, min - 1) * body.minLength,
    };
    const order = mix(3, [body.order, min, Math.min(max, 2 ** 31)]);
    return this.#intern(`r${body.id},${min},${max}`, (id) => new RepeatRegex(id, order, facts, body, min, max));
  }

  or(...parts: readonly Regex[]): Regex {
    const members = new Set<Regex>();
    let set = NO_CHARACTER;
    for (const part of parts.flatMap((each) => (each.kind === "or" ? each.parts : [each]))) {
      if (part.kind === "class") set = union(set, part.set);
      else members.add(part);
    }
    if (set.length > 0) members.add(this.class(set));
    if (members.has(this.empty) && someOther(members, this.empty)) members.delete(this.empty);
    this.#mergeRepeats(members);
    if (members.has(this.anything)) return this.anything;
    for (const member of members) {
      if (member.kind === "not" && members.has(member.body)) return this.anything;
      if (member.kind === "and" && member.parts.some((part) => members.has(part))) members.delete(member);
    }
    return this.#set("or", members, this.nothing);
  }

  and(...parts: readonly Regex[]): Regex {
    const members = new Set<Regex>();
    let run: RepeatRegex | ClassRegex | undefined;
    for (const part of parts.flatMap((each) => (each.kind === "and" ? each.parts : [each]))) {
      if (part === this.anything) continue;
      if (!isClassRun(part)) {
        members.add(part);
        continue;
      }
      const both: Regex = run ? this.#bothRuns(run, part) : part;
      if (!isClassRun(both)) return both === this.empty ? this.#emptyIf([...parts]) : both;
      run = both;
    }
    if (run) members.add(run);
    if (members.has(this.empty)) return this.#emptyIf([...members]);
    let shortest = 0;
    let longest = Infinity;
    for (const member of members) {
      shortest = Math.max(shortest, member.minLength);
      longest = Math.min(longest, member.maxLength);
      if (member.kind === "not" && members.has(member.body)) return this.nothing;
      if (member.kind === "or" && member.parts.some((part) => members.has(part))) members.delete(member);
    }
    return shortest > longest ? this.nothing : this.#set("and", members, this.anything);
  }

  not(body: Regex): Regex {
    if (body.kind === "not") return body.body;
    if (body === this.nothing) return this.anything;
    if (body === this.anything) return this.nothing;
    const facts = { isNullable: !body.isNullable, minLength: body.isNullable ? 1 : 0, maxLength: Infinity, isPlain: false, longestEnd: Infinity };
    return this.#intern(`n${body.id}`, (id) => new NotRegex(id, mix(6, [body.order]), facts, body));
  }

  /** See `LoopRegex`; no round may pass without a character. */
  loop(round: Pattern, max: number, tail: Regex): Regex {
    if (max === 0) return tail;
    const { isNullable, minLength } = tail;
    const facts = { isNullable, minLength: Math.min(minLength, 1), maxLength: Infinity, isPlain: false, longestEnd: Infinity };
    const key = this.patternFacts.key(round);
    return this.#intern(`l${max},${tail.id},${key}`, (id) => new LoopRegex(id, mix(7, [tail.order, key.length]), facts, round, key, max, tail));
  }

  #cons(head: Regex, tail: Regex): Regex {
    const follower = tail.kind === "concat" ? tail.head : tail;
    const [one, two] = [bodyOf(head), bodyOf(follower)];
    if (one === two && (head.kind === "repeat" || follower.kind === "repeat")) {
      const merged = this.repeat(one, minOf(head) + minOf(follower), maxOf(head) + maxOf(follower));
      return tail.kind === "concat" ? this.#cons(merged, tail.tail) : merged;
    }
    if (head === this.anything && follower.isNullable) return tail.kind === "concat" ? this.#cons(head, tail.tail) : head;
    if (tail === this.anything && head.isNullable) return tail;
    const facts: RegexFacts = {
      isNullable: head.isNullable && tail.isNullable,
      minLength: head.minLength + tail.minLength,
      maxLength: head.maxLength + tail.maxLength,
      isPlain: head.isPlain && tail.isPlain,
      longestEnd: Math.max(head.longestEnd + tail.minLength, tail.longestEnd),
    };
    return this.#intern(`c${head.id},${tail.id}`, (id) => new ConcatRegex(id, mix(4, [head.order, tail.order]), facts, head, tail));
  }

  /** x{1,3}y | x{2,5}y is x{1,5}y: without it, counting within a search would take a state for each set of counts. */
  #mergeRepeats(members: Set<Regex>): void {
    const groups = new Map<string, Regex>();
    for (const member of Array.from(members)) {
      const head = member.kind === "concat" ? member.head : member;
      if (head.kind !== "repeat") continue;
      const tail = member.kind === "concat" ? member.tail : this.empty;
      const key = `${head.body.id},${tail.id}`;
      const known = groups.get(key);
      const other = known?.kind === "concat" ? known.head : known;
      if (!known || other?.kind !== "repeat" || head.min > other.max + 1 || other.min > head.max + 1) {
        groups.set(key, member);
        continue;
      }
      const merged = this.concat(this.repeat(head.body, Math.min(head.min, other.min), Math.max(head.max, other.max)), tail);
      members.delete(known);
      members.delete(member);
      members.add(merged);
      groups.set(key, merged);
    }
  }

  #bothRuns(a: RepeatRegex | ClassRegex, b: RepeatRegex | ClassRegex): Regex {
    const min = Math.max(minOf(a), minOf(b));
    const max = Math.min(maxOf(a), maxOf(b));
    if (min > max) return this.nothing;
    return this.repeat(this.class(intersect(classOf(a), classOf(b))), min, max);
  }

  #emptyIf(parts: readonly Regex[]): Regex {
    return parts.every((part) => part.isNullable) ? this.empty : this.nothing;
  }

  #set(kind: "or" | "and", members: Set<Regex>, none: Regex): Regex {
    if (members.size === 0) return none;
    const parts = [...members].toSorted((a, b) => a.order - b.order || a.id - b.id);
    if (parts.length === 1) return parts[0];
    if (kind === "and" && members.has(this.nothing)) return this.nothing;
    this.#work(parts.length);
    const isOr = kind === "or";
    const facts: RegexFacts = {
      isNullable: isOr ? parts.some((part) => part.isNullable) : parts.every((part) => part.isNullable),
      minLength: (isOr ? least : most)(parts.map((part) => part.minLength)),
      maxLength: (isOr ? most : least)(parts.map((part) => part.maxLength)),
      isPlain: isOr && parts.every((part) => part.isPlain),
      longestEnd: isOr ? most(parts.map((part) => part.longestEnd)) : Infinity,
    };
    const order = mix(isOr ? 8 : 9, parts.map((part) => part.order));
    return this.#intern(`${kind}${parts.map((part) => part.id).join()}`, (id) => new SetRegex(id, order, facts, kind, parts));
  }

  #intern<T extends Regex>(key: string, make: Make<T>): Regex {
    const known = this.#find(key);
    if (known) return known;
    this.#work(1);
    const node = make(this.#counter.next++);
    this.#nodes.set(key, node);
    return node;
  }

  #find(key: string): Regex | undefined {
    return this.#nodes.get(key) ?? (this.parent ? this.parent.#find(key) : undefined);
  }

  #work(count: number): void {
    this.work += count;
    if (this.work > this.maxWork) throw new RegexError("The regular expression is too large.");
  }
}

/** Whether the lengths of (x{a,b}){min,max}, in rounds of x, have no gap. */
function isGapless(inner: RepeatRegex, min: number, max: number): boolean {
  return min === max || (min + 1) * inner.min <= (min === 0 ? 0 : min * inner.max) + 1;
}

const most = (values: number[]): number => values.reduce((a, b) => Math.max(a, b));
const least = (values: number[]): number => values.reduce((a, b) => Math.min(a, b));

function someOther(members: Set<Regex>, one: Regex): boolean {
  for (const member of members) if (member !== one && member.isNullable) return true;
  return false;
}

const bodyOf = (regex: Regex): Regex => (regex.kind === "repeat" ? regex.body : regex);
const minOf = (regex: Regex): number => (regex.kind === "repeat" ? regex.min : 1);
const maxOf = (regex: Regex): number => (regex.kind === "repeat" ? regex.max : 1);

function isClassRun(regex: Regex): regex is RepeatRegex | ClassRegex {
  return bodyOf(regex).kind === "class";
}

function classOf(run: RepeatRegex | ClassRegex): CharSet {
  const body = bodyOf(run);
  return body.kind === "class" ? body.set : NO_CHARACTER;
}

/** A number in 0..2^32 - 1 that depends on all values and their order. */
function mix(seed: number, values: readonly number[]): number {
  let hash = seed;
  for (const value of values) {
    hash = Math.imul(hash ^ value, 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  return hash >>> 0;
}
