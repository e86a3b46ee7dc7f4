import type { RgbPicture } from '../resize.ts';

/** A picture as the vision encoder wants it. */
export interface Tiles extends Grid {
  /** How many pictures the encoder sees: the tiles, the whole picture included. 1 where nothing is cut. */
  readonly count: number;
  /** Before normalisation, in the order of the encoder's input. */
  readonly bytes: Uint8Array;
  /** Patches down and across in each of the `count` pictures, where these differ in size. */
  readonly shapes?: ReadonlyArray<readonly [down: number, across: number]>;
}

/** What the prompt has to know of a picture. */
export interface Grid {
  /** Tiles, 0 x 0 when the picture was not cut; with patches: the grid of its features. */
  readonly rows: number;
  readonly columns: number;
  /** Places that it takes in the prompt. */
  readonly features: number;
}

/** Where tokens stand for the decoder. */
export interface Positions {
  /** Temporal, vertical and horizontal positions, plane after plane. */
  readonly planes: Int32Array;
  /** Where the token behind them stands. */
  readonly next: number;
}

/**
 * How the vision encoder takes pictures: square tiles of one size, as many patches of so many values as a picture has, or
 * tiles of different shapes, their patches filled up to `most`.
 */
export type EncoderInput =
  | { readonly kind: 'tiles'; readonly side: number }
  | { readonly kind: 'patches'; readonly values: number; readonly merge: number }
  | { readonly kind: 'filled'; readonly values: number; readonly merge: number; readonly most: number };

/** What one kind of checkpoint does with pictures. One file each; `families.ts` lists them. */
export interface Family {
  readonly name: string;
  /** The token that stands for a picture in a rendered chat template, and for each of its features in the model's input. */
  readonly imageToken: string;
  readonly imageTokenId: number;
  readonly input: EncoderInput;
  /** `split`: in high resolution, the way the family does it. */
  cut(picture: RgbPicture, split: boolean): Tiles;
  /**
   * What the model's processor makes of a rendered prompt before it is cut into tokens. Absent where that is nothing; after
   * it each picture has one image token.
   */
  expand?(prompt: string): string;
  /**
   * What is written around pictures that were taken one after the other, `seconds` after the first: a text before each, and
   * one behind the last. Absent where the family has no words of its own for that.
   */
  series?(seconds: readonly number[]): readonly string[];
  /** The text that a picture's place becomes. */
  blockText(grid: Grid): string;
  /** float32 model input of the tiles' bytes. */
  normalise(bytes: Uint8Array): Float32Array;
  /**
   * Positions of tokens, the first of which stands at `from`; `grids` are the pictures among them. Absent where tokens are
   * simply counted.
   */
  positions?(ids: readonly number[], grids: readonly Grid[], from: number): Positions;
}
