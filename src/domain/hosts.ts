/** The names by which a job's `hosts` may mean a node. */
export interface HostNames {
  /** The full host name. */
  readonly host: string;
  /** The host name up to its first dot. */
  readonly shortHost: string;
  /** The feeder's `--node` name. */
  readonly node: string;
}

/**
 * Whether a job with this constraint may run here: a pattern equals one of the names, or matches the
 * whole of it as a glob (`*`, `?`, `[a-c]`, `[!a]`), without regard to case.
 *
 * Never a part of a name: `node1` must not take the jobs of `node10`.
 */
export function matchesHost(patterns: readonly string[] | null, names: HostNames): boolean {
  if (patterns === null) return true;
  return patterns.some((pattern) =>
    [names.host, names.shortHost, names.node].some((name) => matchesGlob(pattern, name)),
  );
}

/** Whether the glob matches all of `text`, without regard to case. Linear in practice: no regexp to blow up. */
export function matchesGlob(pattern: string, text: string): boolean {
  const parts = splitGlob(pattern.toLowerCase());
  const characters = Array.from(text.toLowerCase());
  let part = 0;
  let position = 0;
  let starPart = -1;
  let starPosition = 0;
  while (position < characters.length) {
    const wanted = parts[part];
    if (wanted === '*') {
      starPart = part;
      starPosition = position;
      part += 1;
    } else if (wanted !== undefined && matchesPart(wanted, characters[position] ?? '')) {
      part += 1;
      position += 1;
    } else if (starPart >= 0) {
      // Let the last star take one more character and try again from there.
      part = starPart + 1;
      starPosition += 1;
      position = starPosition;
    } else {
      return false;
    }
  }
  while (parts[part] === '*') part += 1;
  return part === parts.length;
}

/** A literal character, `?`, `*`, or a class with its brackets; `[` without an end is itself. */
function splitGlob(pattern: string): string[] {
  return pattern.match(/\[[!^]?\]?[^\]]*\]|[\s\S]/gu) ?? [];
}

function matchesPart(part: string, character: string): boolean {
  if (part === '?') return true;
  if (!part.startsWith('[') || part.length === 1) return part === character;
  const body = part.slice(1, -1);
  const negated = /^[!^]/.test(body);
  const members = Array.from(negated ? body.slice(1) : body);
  let found = false;
  for (let index = 0; index < members.length; index += 1) {
    const first = members[index] ?? '';
    const last = members[index + 1] === '-' ? members[index + 2] : undefined;
    if (last === undefined) {
      found ||= first === character;
    } else {
      found ||= first <= character && character <= last;
      index += 2;
    }
  }
  return found !== negated;
}
