import type { RgbPicture } from '../resize.ts';

/** A picture as the vision encoder wants it. */
export interface Tiles {
  /** 0 x 0 when the picture was not cut. */
  readonly rows: number;
  readonly columns: number;
  /** How many tiles, the whole picture included. */
  readonly count: number;
  /** Pixels of a side. */
  readonly size: number;
  /** Before normalisation, tile by tile, planes red green blue: count * 3 * size * size. */
  readonly bytes: Uint8Array;
}

/** What one kind of checkpoint does with pictures. One file each; `families.ts` lists them. */
export interface Family {
  readonly name: string;
  /** The token that stands for a picture in a rendered chat template, and for each of its features in the model's input. */
  readonly imageToken: string;
  readonly imageTokenId: number;
  readonly featuresPerTile: number;
  readonly tileSize: number;
  cut(picture: RgbPicture, split: boolean): Tiles;
  /** The text that a picture's place becomes. */
  blockText(tiles: Pick<Tiles, 'rows' | 'columns'>): string;
  /** float32 model input of the tiles' bytes. */
  normalise(bytes: Uint8Array): Float32Array;
}
