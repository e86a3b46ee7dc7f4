import type { ErrorKind } from '../platform/errors.ts';

/** The one table from what went wrong to what HTTP says. */
export const STATUS_OF = {
  'invalid-input': 400,
  unauthenticated: 401,
  forbidden: 403,
  'not-found': 404,
  conflict: 409,
  'too-large': 413,
  unsupported: 415,
  'too-many': 429,
  cancelled: 499,
  internal: 500,
  corrupt: 500,
  unavailable: 503,
  timeout: 504,
} as const satisfies Record<ErrorKind, number>;
