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
  /** Where they went; absent when the engine does not tell. */
  readonly parts?: LookParts;
}

export interface LookParts {
  /** Picture file to RGB. */
  readonly decodeMs: number;
  /** RGB to the model's tiles: the reference implementation's resize, bit for bit. */
  readonly resizeMs: number;
  /** Vision encoder and projector. */
  readonly encodeMs: number;
  /** Language model over the shared prefix. */
  readonly prefillMs: number;
  /** Tiles and tokens of the prefix. */
  readonly tiles: number;
  readonly tokens: number;
}

export interface Answer {
  readonly question: string;
  /** P(yes), renormalised over the yes and the no token groups: yes / (yes + no). 0..1 */
  readonly score: number;
  /** What both groups together hold of the whole vocabulary's softmax, 0..1. Little means the model did not answer. */
  readonly mass: number;
  /** This question's share of the scoring time. */
  readonly ms: number;
  /** Tokens of the whole prompt, pictures included; absent where the engine does not tell. */
  readonly promptTokens?: number;
  /** `words`: the engine tells no probabilities; the score is 1 or 0 as the words said, or the mass 0 where they said neither. */
  readonly readFrom?: 'words';
  /** Who answered; absent where it is the model itself. */
  readonly answeredBy?: ModelIdentity;
  /** The stand-by answered: right for what is seen now, not for what is measured or kept as the model's. */
  readonly byStandby?: true;
}

/** A picture of the same camera, taken before the one that is looked at. */
export interface EarlierPicture {
  readonly picture: Uint8Array;
  /** How long before it, ms. */
  readonly beforeMs: number;
}

/** A picture whose meaning is known, seen before the one that is asked about. */
export interface ExamplePicture {
  readonly picture: Uint8Array;
  /** What it shows, such as `This shelf is full.` */
  readonly says: string;
}

export interface LookOptions {
  /** Seen first, and read once for all looks that begin with the same ones. None of the pictures is then cut into tiles. */
  readonly examples?: readonly ExamplePicture[];
  /** Pictures to see together with this one, the oldest first: for what only motion shows. None of them is cut into tiles. */
  readonly earlier?: readonly EarlierPicture[];
  /** Cut the picture into tiles as the family does for high resolution. Default false: one tile. */
  readonly split?: boolean;
  readonly signal?: AbortSignal;
}

export interface ScoreOptions {
  /** Send the words as they are, without the package's question form. */
  readonly verbatim?: boolean;
  /**
   * Compute each question's whole prompt at once through the graph as exported, sharing nothing: what any other runtime
   * computes for this checkpoint. Slow; for comparing. In float precisions the score is the same either way (1e-6); dynamic
   * int8 takes its scales from all tokens of a run, so that its shared-prefix scores differ from these (not from each other).
   */
  readonly whole?: boolean;
  readonly signal?: AbortSignal;
}

/** The score of a conversation's last turn. */
export interface MessagesAnswer {
  readonly score: number;
  readonly mass: number;
  readonly ms: number;
  /** Tokens of the prompt, pictures included. */
  readonly tokens: number;
}

export interface GenerateOptions {
  /** Cut the messages' pictures into tiles. A look was cut or not when it was made. */
  readonly split?: boolean;
  readonly maxTokens?: number;
  /** Without effect: the words of a generation are always sent as they are; a question form belongs to yes/no questions. */
  readonly verbatim?: boolean;
  /** Called once, when the last words have been taken; never for a generation that failed or was left. */
  readonly onEnd?: (end: GenerationEnd) => void;
  readonly signal?: AbortSignal;
}

export interface GenerationEnd {
  /** `length`: cut at the most tokens that were allowed, or where the model can read no further. */
  readonly reason: 'stop' | 'length';
  /** Absent where the engine does not tell. */
  readonly tokens?: TokenCounts;
}

/** What was read, pictures included, and what was said, the token that ends it included. */
export interface TokenCounts {
  readonly prompt: number;
  readonly completion: number;
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
  /** It answers, but not as this box could let it: why. For health; absent where nothing is amiss. */
  readonly concern?: string | undefined;
  /** Encodes an encoded picture file (JPEG, PNG, ...) once. Rejects with `invalid-input` for a damaged picture. */
  look(picture: Uint8Array, options?: LookOptions): Promise<Look>;
  /** One answer per question, in order. A question's score does not depend on which others are asked with it. */
  score(look: Look, questions: readonly string[], options?: ScoreOptions): Promise<Answer[]>;
  /** Streams words. */
  generate(
    prompt: { look: Look; text: string } | { messages: readonly Message[] },
    options?: GenerateOptions,
  ): AsyncIterable<string>;
  release(look: Look): Promise<void>;
  close(): Promise<void>;
}

/** What a loaded package is and how it runs, for people and for `--json`. */
export interface ModelDescription {
  readonly identity: ModelIdentity;
  readonly family: string;
  /** Why this execution provider. */
  readonly deviceReason: string;
  /** Why this box's accelerator is not used although it has one; absent where nothing is amiss. For health. */
  readonly concern?: string | undefined;
  readonly threads: number;
  /** Whether questions share runs; if not each is run by itself over the shared prefix, and cannot move another's score. */
  readonly packs: boolean;
  /** Less mass than this: the model did not answer, the verdict is `unknown`. */
  readonly minMass: number;
  /** How a description is asked for by default. */
  readonly describePrompt: string;
  /** What the graph did not allow, and what is done instead. */
  readonly notes: readonly string[];
  readonly loadMs: number;
}

/** A model that runs on this box, from a package folder. */
export interface LocalVisionModel extends VisionModel {
  readonly description: ModelDescription;
  /** Scores the answer to a conversation with any number of pictures, or none. The words are sent as they are. */
  scoreMessages(
    messages: readonly Message[],
    options?: LookOptions & Pick<ScoreOptions, 'whole'>,
  ): Promise<MessagesAnswer>;
}
