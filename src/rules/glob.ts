/** Whether an id matches one of the patterns: `aisle-*`, `door-?`, or the id itself. Nothing else is special. */
export function matchesAny(patterns: readonly string[], id: string): boolean {
  return patterns.some((pattern) => globToRegExp(pattern).test(id));
}

export function isGlob(pattern: string): boolean {
  return /[*?]/.test(pattern);
}

function globToRegExp(glob: string): RegExp {
  const source = glob
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 'iu');
}
