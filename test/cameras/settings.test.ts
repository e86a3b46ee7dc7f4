import { describe, expect, it } from 'vitest';
import { cameraSettingsSchema } from '../../src/cameras/settings.ts';

function problems(settings: unknown): string {
  const parsed = cameraSettingsSchema.safeParse(settings);
  if (parsed.success) return '';
  return parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('\n');
}

describe('camera settings', () => {
  it('need nothing but a source', () => {
    expect(cameraSettingsSchema.parse({ source: 'demo:robot_falls' })).toMatchObject({
      everyMs: 2_000,
      lostAfterMs: 10_000,
      transport: 'tcp',
      decoder: 'software',
      verifyCertificate: true,
      maxWidth: 1280,
      quality: 80,
      zones: {},
      masks: [],
      ignore: [],
    });
  });

  it('wait longer for a camera that is sampled rarely', () => {
    expect(cameraSettingsSchema.parse({ source: 'demo:a', every: '10s' }).lostAfterMs).toBe(50_000);
  });

  it.each([
    [{}, 'source: must be the address of the camera'],
    [{ source: 'ftp://x/y' }, 'source: "ftp:" is not a kind of source'],
    [{ source: 'demo:a', every: 5 }, 'every: must be a duration such as 2s'],
    [{ source: 'demo:a', every: 'often' }, 'every: "often" is not a duration: write for example 2s'],
    [{ source: 'demo:a', every: '1ms' }, 'every: must be between 100 ms and 3600 s'],
    [{ source: 'demo:a', transport: 'rtp' }, 'transport: must be one of tcp, udp'],
    [{ source: 'demo:a', decoder: 'gpu' }, 'decoder: must be one of software, auto, cuda'],
    [{ source: 'demo:a', zones: { 'Shelf 1': [] } }, 'zones.Shelf 1'],
    [{ source: 'demo:a', zones: { shelf: [[0, 0]] } }, 'zones.shelf: needs at least three corners'],
    [
      {
        source: 'demo:a',
        masks: [
          [
            [0, 0],
            [120, 0],
            [1, 1],
          ],
        ],
      },
      'masks.0.1.0: must be between 0 and 1: corners are shares',
    ],
    [{ source: 'demo:a', masks: [[[0, 0], [1], [1, 1]]] }, 'masks.0.1: must be a corner of two numbers'],
    [{ source: 'demo:a', quality: 200 }, 'quality: may be at most 100'],
    [{ source: 'demo:a', intervall: '2s' }, 'Unrecognized key'],
    [{ source: 'demo:a', ignore: ['fog'] }, 'ignore.0: must be one of frozen, dark'],
  ])('%j is refused with what to do', (settings, expected) => {
    expect(problems(settings)).toContain(expected);
  });
});
