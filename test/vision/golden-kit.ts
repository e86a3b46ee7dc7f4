import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Message } from '../../src/vision/model.ts';

/** Values made by Hugging Face's PyTorch implementation; the kits' README files say how. */
export const KITS = ['smolvlm-random', 'idefics3-random'] as const;
/** Of these the words and pictures are kept here, of the second half-precision weights too; whole kits lie beside a full checkout. */
export const LARGE_KITS = ['llava-random', 'qwen2vl-random'] as const;
const FIXTURES = fileURLToPath(new URL('../fixtures/golden', import.meta.url));
/** All precisions; only beside a full checkout. */
const FULL_KITS = fileURLToPath(new URL('../../../shared/golden', import.meta.url));

export interface GoldenCase {
  readonly id: string;
  readonly images: readonly string[];
  readonly do_image_splitting: boolean;
  readonly messages: ReadonlyArray<{
    role: Message['role'];
    content: ReadonlyArray<{ type: 'text'; text: string } | { type: 'image' }>;
  }>;
  readonly prompt: string;
  readonly input_ids: readonly number[];
  readonly pixel_values?: {
    readonly shape: readonly number[];
    readonly samples: { index: readonly number[]; value: readonly number[] };
    readonly u8_file?: string;
  };
  readonly image_features?: {
    shape: readonly number[];
    samples: { index: readonly number[]; value: readonly number[] };
  };
  /** Three planes, of checkpoints whose tokens stand in three dimensions. */
  readonly position_ids?: ReadonlyArray<readonly number[]>;
  readonly image_grid_thw?: ReadonlyArray<readonly number[]>;
  readonly yes_no: { p_yes: number; answer_mass: number };
  readonly greedy: { ids: readonly number[]; text: string; text_clean: string };
  readonly onnx_variants: Record<string, { p_yes: number; mass_yes?: number; mass_no?: number }>;
}

export interface Golden {
  readonly token_groups: Record<'yes' | 'no', Record<string, [number]>>;
  readonly tokenizer_probes: ReadonlyArray<{ text: string; ids: number[]; decoded: string; decoded_clean?: string }>;
  readonly cases: readonly GoldenCase[];
}

export interface Kit {
  readonly dir: string;
  readonly golden: Golden;
}

export function openKit(name: string, dir = join(FIXTURES, name)): Kit {
  const golden = JSON.parse(readFileSync(join(dir, 'golden.json'), 'utf8')) as Golden;
  // Families that cannot cut a picture do not say so in each case.
  const cases = golden.cases.map((each) => ({ ...each, do_image_splitting: each.do_image_splitting ?? false }));
  return { dir, golden: { ...golden, cases } };
}

/** The small kits of this checkout, and the large ones where they are. */
export function wholeKits(): Array<{ name: string; kit: Kit }> {
  const large = LARGE_KITS.flatMap((name) => {
    const dir = fullKit(name);
    return dir ? [{ name, kit: openKit(name, dir) }] : [];
  });
  return [...KITS.map((name) => ({ name, kit: openKit(name) })), ...large];
}

/** The folder of a kit with every precision, if it is there. */
export function fullKit(name: string): string | undefined {
  const dir = join(FULL_KITS, name);
  return existsSync(dir) ? dir : undefined;
}

/** Pictures and pixel bytes are the same in all kits and kept once, beside them. */
export function readImage(_kit: Kit, name: string): Buffer {
  return readFileSync(join(FIXTURES, 'images', name));
}

export function readPixels(_kit: Kit, file: string): Buffer {
  return readFileSync(join(FIXTURES, file));
}

/** A case's messages with the pictures' bytes in their places. */
export function messagesOf(kit: Kit, { messages, images }: GoldenCase): Message[] {
  let next = 0;
  return messages.map(({ role, content }) => ({
    role,
    content: content.map((part) =>
      part.type === 'image' ? { type: 'image' as const, picture: readImage(kit, images[next++] ?? '') } : part,
    ),
  }));
}

export interface OnePicture {
  readonly picture: string;
  readonly split: boolean;
  readonly questions: ReadonlyArray<{ text: string; golden: GoldenCase }>;
}

/** The cases that ask one question about one picture, by picture: what shares a look. */
export function byPicture({ golden }: Kit): OnePicture[] {
  const groups = new Map<string, OnePicture & { questions: Array<{ text: string; golden: GoldenCase }> }>();
  for (const golden_case of golden.cases) {
    const [message] = golden_case.messages;
    const [image, text] = message?.content ?? [];
    if (golden_case.messages.length !== 1 || image?.type !== 'image' || text?.type !== 'text') continue;
    const picture = golden_case.images[0] ?? '';
    const split = golden_case.do_image_splitting;
    const group = groups.get(`${picture} ${split}`) ?? { picture, split, questions: [] };
    group.questions.push({ text: text.text, golden: golden_case });
    groups.set(`${picture} ${split}`, group);
  }
  return [...groups.values()];
}
