import type { GenerationPrompt } from './engine.ts';
import type { GenerationSettings, GenerationStep } from './generation.ts';
import type { Answer, Look, LookOptions, Message, MessagesAnswer, ModelDescription, ScoreOptions } from './model.ts';

/** What an engine can be asked to do, by name: the same list in the same thread and through a worker's messages. */
export interface EngineCalls {
  look(id: number, picture: Uint8Array, options: Pick<LookOptions, 'split' | 'earlier' | 'examples'>): Promise<Look>;
  score(
    lookId: number,
    questions: readonly string[],
    options: Pick<ScoreOptions, 'verbatim' | 'whole'>,
  ): Promise<Answer[]>;
  scoreMessages(
    messages: readonly Message[],
    options: Pick<LookOptions, 'split'> & Pick<ScoreOptions, 'whole'>,
  ): Promise<MessagesAnswer>;
  begin(id: number, prompt: GenerationPrompt, settings: GenerationSettings): Promise<void>;
  step(id: number, tokens: number): Promise<GenerationStep>;
  end(id: number): Promise<void>;
  release(lookId: number): Promise<void>;
}
export type EngineMethod = keyof EngineCalls;
export type EngineArguments<M extends EngineMethod> = Parameters<EngineCalls[M]>;
export type EngineResult<M extends EngineMethod> = Awaited<ReturnType<EngineCalls[M]>>;

/** Carries calls to an engine. Every call settles: with the engine's answer, or with a WatchwordError. */
export interface EngineCaller {
  readonly description: ModelDescription;
  /** Counts up when the engine was replaced: what an earlier one held is gone. */
  readonly generation: number;
  call<M extends EngineMethod>(method: M, args: EngineArguments<M>, signal?: AbortSignal): Promise<EngineResult<M>>;
  close(): Promise<void>;
}
