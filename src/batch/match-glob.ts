// Path patterns: `*` and `?` within a name, `**` across folders, `{a,b}` either. Names that begin with a dot must be named.

const special = /[*?{]/;

/** Whether a path is a pattern. */
export function isGlob(path: string): boolean {
  return special.test(path);
}

/** The folder from which a pattern's matches can be reached: the part before the first special character. */
export function globRoot(pattern: string): string {
  const fixed = pattern.slice(0, pattern.search(special));
  const slash = fixed.lastIndexOf("/");
  return slash < 0 ? "." : fixed.slice(0, slash) || "/";
}

/** A test for paths written with `/`, relative or absolute as the pattern is. */
export function createGlobMatcher(pattern: string): (path: string) => boolean {
  const expression = new RegExp(`^${translate(pattern)}$`, "u");
  return (path) => expression.test(path);
}

function translate(pattern: string): string {
  let depth = 0;
  const atNameStart = (index: number): boolean => index === 0 || pattern[index - 1] === "/";
  return pattern.replace(/\*\*\/|\*+|[?{},]|[^*?{},]/gu, (part, index: number) => {
    const visible = atNameStart(index) ? "(?!\\.)" : "";
    if (part === "**/" && visible) return "(?:(?!\\.)[^/]+/)*";
    if (part === "**" && visible) return "(?:(?!\\.)[^/]+(?:/(?!\\.)[^/]+)*)";
    if (part.startsWith("*")) return `${visible}[^/]*${part.endsWith("/") ? "/" : ""}`;
    if (part === "?") return `${visible}[^/]`;
    if (part === "{") return (depth += 1), "(?:";
    if (part === "}" && depth > 0) return (depth -= 1), ")";
    if (part === "," && depth > 0) return "|";
    return part.replace(/[\\^$.|+()[\]{}]/u, "\\$&");
  });
}
