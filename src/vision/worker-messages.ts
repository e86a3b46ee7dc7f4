import { type ErrorKind, kindOf, toError, WatchwordError } from '../platform/errors.ts';
import type { EngineMethod } from './engine-calls.ts';
import type { ModelDescription } from './model.ts';
import type { EngineOptions } from './open-engine.ts';

/** What the worker is started with. */
export type WorkerSettings = EngineOptions;

export type ToWorker =
  | { readonly type: 'call'; readonly id: number; readonly method: EngineMethod; readonly args: readonly unknown[] }
  | { readonly type: 'cancel'; readonly id: number }
  /** End when the call that runs has come back; nothing more is answered. */
  | { readonly type: 'exit' };

export type FromWorker =
  | { readonly type: 'ready'; readonly description: ModelDescription }
  | { readonly type: 'failed'; readonly error: SentError }
  | { readonly type: 'done'; readonly id: number; readonly value: unknown }
  | { readonly type: 'error'; readonly id: number; readonly error: SentError };

/** An error as data: kinds and hints do not survive a structured clone. */
export interface SentError {
  readonly kind: ErrorKind;
  readonly message: string;
  readonly hint?: string;
  readonly where?: string;
}

export function packError(thrown: unknown): SentError {
  const error = toError(thrown);
  const kind = kindOf(thrown);
  if (!(error instanceof WatchwordError)) return { kind, message: error.message };
  return {
    kind,
    message: error.message,
    ...(error.hint && { hint: error.hint }),
    ...(error.where && { where: error.where }),
  };
}

export function unpackError({ kind, message, hint, where }: SentError): WatchwordError {
  return new WatchwordError(kind, message, { ...(hint && { hint }), ...(where && { where }) });
}
