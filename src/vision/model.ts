/** Which model answered: kept with every event, so that what was asked is what is recorded. */
export interface ModelIdentity {
  /** Package name, such as `watchword-tiny`. */
  readonly name: string;
  readonly dtype: string;
  /** Execution provider actually used: `cpu`, `cuda`, ... or `endpoint`. */
  readonly device: string;
  /** Hex SHA-256 over the weight files in use. */
  readonly weightsHash: string;
}

/**
 * One encoded picture: image features and the key/value cache of the shared prompt prefix. Every question about that
 * picture shares it. Lives in the engine; this is its handle. Must be released.
 */
export interface Look {
  readonly id: number;
  /** Milliseconds spent decoding, preprocessing, encoding and prefilling. */
  readonly ms: number;
}

export interface Answer {
  readonly question: string;
  /** P(yes), renormalised over the yes and the no token groups: yes / (yes + no). 0..1 */
  readonly score: number;
  /** What both groups together hold of the whole vocabulary's softmax, 0..1. Little means the model did not answer. */
  readonly mass: number;
  /** This question's share of the scoring time. */
  readonly ms: number;
}

export interface LookOptions {
  /** Cut the picture into tiles as the family does for high resolution. Default false: one tile. */
  readonly split?: boolean;
  readonly signal?: AbortSignal;
}

export interface ScoreOptions {
  /** Send the words as they are, without the package's question form. */
  readonly verbatim?: boolean;
  readonly signal?: AbortSignal;
}

export interface GenerateOptions {
  readonly maxTokens?: number;
  readonly verbatim?: boolean;
  readonly signal?: AbortSignal;
}

/** A turn of a conversation. Pictures stand where they are in the content. */
export interface Message {
  readonly role: 'user' | 'assistant' | 'system';
  readonly content: ReadonlyArray<{ type: 'text'; text: string } | { type: 'image'; picture: Uint8Array }>;
}

/**
 * A vision-language model. Engines: ONNX in a worker thread, an OpenAI-compatible endpoint.
 * Every call either answers or rejects with a WatchwordError; none hangs, also when the engine dies under it.
 */
export interface VisionModel {
  readonly identity: ModelIdentity;
  /** Encodes an encoded picture file (JPEG, PNG, ...) once. Rejects with `invalid-input` for a damaged picture. */
  look(picture: Uint8Array, options?: LookOptions): Promise<Look>;
  /** One answer per question, in order. A question's score does not depend on which others are asked with it. */
  score(look: Look, questions: readonly string[], options?: ScoreOptions): Promise<Answer[]>;
  /** Streams words. */
  generate(prompt: { look: Look; text: string } | { messages: readonly Message[] }, options?: GenerateOptions): AsyncIterable<string>;
  release(look: Look): Promise<void>;
  close(): Promise<void>;
}
