/** What there is to tell about: the cameras and rules in force, as the composition root knows them. */
export interface AlertCatalog {
  readonly cameras: readonly CatalogCamera[];
  readonly rules: readonly CatalogRule[];
}

export interface CatalogCamera {
  readonly id: string;
  /** For people; the id in words when there is none. */
  readonly name?: string | undefined;
  /** Home Assistant's suggested area. */
  readonly area?: string | undefined;
}

export interface CatalogRule {
  readonly id: string;
  /** The English sentence. */
  readonly words: string;
  readonly question: string;
  readonly everyMs: number;
  /** Ids of the cameras it watches, globs already resolved. */
  readonly cameras: readonly string[];
  readonly enabled: boolean;
  /** Wall-clock ms until which its alerts are silenced; null when they are not. */
  readonly silencedUntil: number | null;
  /** The box's own, which no file holds: it cannot be switched off. */
  readonly isBuiltIn?: boolean;
}

/** `empty-shelf` as `Empty shelf`. */
export function nameOf(id: string): string {
  const words = id.replace(/[-_]+/g, ' ').trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}
