import type { EncodedPicture } from '../cameras/masks.ts';
import type { Finding } from '../platform/findings.ts';
import type { CapacityPlan } from '../rules/capacity.ts';
import type { Compilation } from '../rules/compile.ts';
import type { DraftedFile, RuleDraft } from '../rules/draft.ts';
import type { CompiledRule, Span } from '../rules/rule.ts';
import type { RuleText } from '../rules/rule-files.ts';
import type { Verdict } from '../rules/verdict.ts';

/** A rule file opened for changing. */
export interface EditableRule extends DraftedFile {
  readonly id: string;
  readonly file: string;
  /** What was seen: saving or deleting another version is a conflict. */
  readonly version: string;
}

/** What the box understands of a draft. */
export interface DraftReading extends Compilation {
  /** The sentence as it would be saved: what the spans count in. */
  readonly words: string;
  /** What the rule would take of the box; absent before that was measured, and for what is refused. */
  readonly takes?: CapacityPlan;
}

/** What was saved, as the rules folder will take it over; no `rule` when the file has other errors. */
export interface SavedRule {
  readonly id: string;
  readonly rule?: CompiledRule;
}

/** What a rule's file said at some time. */
export interface PastRule {
  readonly number: number;
  /** Wall-clock ms. */
  readonly savedAt: number;
  /** null: written by hand. */
  readonly savedBy: string | null;
  /** The whole file. */
  readonly text: string;
  /** Its sentence; empty when the file was no sound YAML. */
  readonly words: string;
  readonly spans: readonly Span[];
  /** Whether the file says this now. */
  readonly current: boolean;
}

export interface SaveOptions {
  /** A person says that it is to be saved although the box would fall behind. */
  readonly force?: boolean;
}

/**
 * Rules written by people on the page. Everything rejects with `unavailable` when the disk refuses; what saves or switches on
 * rejects with `too-large` when the box would fall behind, unless forced.
 */
export interface RuleDesk {
  /**
   * What the box understands of a draft, whether or not it can be saved. `ruleId`: the rule whose file is being changed; its
   * other keys win over the sentence.
   */
  understand(draft: RuleDraft, ruleId?: string): Promise<DraftReading>;
  /** Rejects with `not-found`, and with `invalid-input` for a file that is no sound YAML. */
  open(ruleId: string): Promise<EditableRule>;
  /** The file as it is, sound or not. Rejects with `not-found`. */
  openFile(ruleId: string): Promise<RuleText>;
  /** What is wrong or doubtful in such a text of the rule's file. */
  checkFile(ruleId: string, text: string): readonly Finding[];
  /** Saves the whole file. Rejects with `invalid-input` for a text with errors, and as `save` does. */
  saveFile(ruleId: string, version: string, text: string, by: string, options?: SaveOptions): Promise<SavedRule>;
  /** Saves a whole new file under this id. Rejects with `invalid-input` for a text with errors. */
  createFile(ruleId: string, text: string, by: string, options?: SaveOptions): Promise<SavedRule>;
  /** Saves a new rule under a name made of its sentence. Rejects with `invalid-input` for a sentence that is refused. */
  create(draft: RuleDraft, by: string, options?: SaveOptions): Promise<SavedRule>;
  /** Saves a changed one. Rejects as `create` and `open` do, and with `conflict` when the file is another version by now. */
  save(ruleId: string, version: string, draft: RuleDraft, by: string, options?: SaveOptions): Promise<SavedRule>;
  /** Rejects with `not-found` and `conflict`. */
  remove(ruleId: string, version: string, by: string): Promise<void>;
  /** Switches a rule on or off. Rejects with `not-found`, and with `invalid-input` for a file that is no sound YAML. */
  switch(ruleId: string, enabled: boolean, by: string, options?: SaveOptions): Promise<SavedRule>;
  /** Newest first, with the version of the file as it is now; empty when it is deleted. Rejects with `not-found`. */
  history(ruleId: string): Promise<{ readonly version: string; readonly versions: readonly PastRule[] }>;
  /** Makes the file say what it said; a deleted one is made anew. Rejects with `not-found` and `conflict`. */
  restore(ruleId: string, number: number, version: string, by: string, options?: SaveOptions): Promise<SavedRule>;
}

/** What the model said of one picture, judged as the rule judges live pictures. */
export type Trial = Pick<Verdict, 'value' | 'cause' | 'score' | 'mass'> & {
  /** From the model taking it up to the answer. */
  readonly ms: number;
};

/** A piece of an answer in words, or how sure the model is of yes. */
export type AnswerPiece = { readonly words: string } | { readonly score: number };

/** The model in its spare time: whatever is asked here waits for the cameras' rules. */
export interface SpareModel {
  /**
   * Asks the rule's question about a picture; with a camera, about the rule's zone there. Rejects with `too-many` when
   * others wait already, `timeout`, `unavailable` without a model, and `invalid-input` for a damaged picture.
   */
  tryRule(rule: CompiledRule, picture: EncodedPicture, cameraId: string | undefined): Promise<Trial>;
  /**
   * Asks anything about a picture. Tells words as they come, and for a question that yes or no answers first the score.
   * Rejects as `tryRule` does, and with `cancelled` when the signal is aborted.
   */
  ask(question: string, jpeg: Uint8Array, tell: (piece: AnswerPiece) => void, signal: AbortSignal): Promise<void>;
}
