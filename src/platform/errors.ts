/** What went wrong, in the words that decide what happens next (an exit code, an HTTP status, a retry). */
export type ErrorKind =
  | 'invalid-input' // the caller's words or files are wrong: fix them and try again
  | 'not-found'
  | 'conflict'
  | 'unauthenticated'
  | 'forbidden'
  | 'too-large'
  | 'too-many'
  | 'unavailable' // a part outside our reach is away: a retry can help
  | 'timeout'
  | 'cancelled'
  | 'corrupt' // stored data or a model file is damaged
  | 'unsupported'
  | 'internal';

export interface ErrorDetails {
  /** What the person can do about it: one sentence. */
  hint?: string;
  /** The file, URL (masked) or name it is about. */
  where?: string;
  cause?: unknown;
}

/** An error with a kind that code can act on and a hint that a person can act on. Never holds a secret in its text. */
export class WatchwordError extends Error {
  readonly kind: ErrorKind;
  readonly hint: string | undefined;
  readonly where: string | undefined;

  constructor(kind: ErrorKind, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'WatchwordError';
    this.kind = kind;
    this.hint = details.hint;
    this.where = details.where;
  }
}

/** Whatever was thrown, as an Error. */
export function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

/** The kind of whatever was thrown; foreign errors are `internal`, except aborts. */
export function kindOf(thrown: unknown): ErrorKind {
  if (thrown instanceof WatchwordError) return thrown.kind;
  if (thrown instanceof Error && thrown.name === 'AbortError') return 'cancelled';
  return 'internal';
}

/** One line for a person: the message, where, and what to do. */
export function describeError(thrown: unknown): string {
  const error = toError(thrown);
  if (!(error instanceof WatchwordError)) return error.message;
  const where = error.where && !error.message.includes(error.where) ? ` (${error.where})` : '';
  return `${error.message}${where}${error.hint ? `. ${error.hint}` : ''}`;
}
