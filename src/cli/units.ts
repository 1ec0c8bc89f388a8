// Sizes and durations in words, for progress and reports.

const units = ["B", "kB", "MB", "GB", "TB"] as const;

/** Decimal units, three digits: `1.12 GB`. */
export function formatBytes(bytes: number): string {
  const rank = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, bytes)) / 3)));
  const value = bytes / 1000 ** rank;
  const digits = rank === 0 || value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return `${value.toFixed(digits)} ${units[rank]}`;
}

/** Bytes of a size such as `3GB`, `1.5 gb` or `800MB`; undefined where the text is none. */
export function parseBytes(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([kmgt]?b)$/iu.exec(text.trim());
  if (!match) return undefined;
  const rank = units.findIndex((unit) => unit.toLowerCase() === match[2].toLowerCase());
  const bytes = Math.round(Number(match[1]) * 1000 ** rank);
  return bytes > 0 ? bytes : undefined;
}

export function formatDuration(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.round(seconds % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
