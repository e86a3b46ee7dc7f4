import { describe, expect, test } from 'vitest';
import { type Accelerator, chooseProvider, type ProviderTrials } from '../../src/vision/onnx/providers.ts';

/** A machine: what it plainly lacks, and what it has that fails. */
function machine(absent: Partial<Record<Accelerator, string>>, fails: Partial<Record<Accelerator, string>> = {}) {
  const tried: Accelerator[] = [];
  const trials: ProviderTrials = {
    absent: async (provider) => absent[provider],
    async fails(provider) {
      tried.push(provider);
      return absent[provider] ?? fails[provider];
    },
  };
  return { tried, trials };
}

const NOTHING = { cuda: 'no NVIDIA device', webgpu: 'no Vulkan driver', tensorrt: 'no NVIDIA device' };
const BROKEN = 'not part of this build of ONNX Runtime for linux arm64';

describe('the choice of an execution provider', () => {
  test('auto takes the first that works, and never tries what plainly is not there', async () => {
    const plain = machine(NOTHING);
    expect(await chooseProvider('auto', plain.trials)).toEqual({
      provider: 'cpu',
      reason: 'cuda: no NVIDIA device; webgpu: no Vulkan driver',
      concern: undefined,
    });
    expect(plain.tried).toEqual([]);
    const nvidia = machine({ webgpu: 'no Vulkan driver' });
    expect(await chooseProvider('auto', nvidia.trials)).toMatchObject({ provider: 'cuda', concern: undefined });
    const vulkan = machine({ cuda: 'no NVIDIA device' });
    expect(await chooseProvider('auto', vulkan.trials)).toMatchObject({ provider: 'webgpu', concern: undefined });
  });

  test('a missing provider never silently becomes the processor: auto says that the device is not used, and why', async () => {
    const jetson = machine({ webgpu: 'no Vulkan driver' }, { cuda: BROKEN });
    const { provider, reason, concern } = await chooseProvider('auto', jetson.trials);
    expect(provider).toBe('cpu');
    expect(reason).toContain(BROKEN);
    expect(concern).toBe(`this box has an NVIDIA device, but the model runs on the processor: cuda: ${BROKEN}`);
    const other = machine({}, { cuda: 'out of memory' });
    expect(await chooseProvider('auto', other.trials)).toMatchObject({
      provider: 'webgpu',
      concern: 'cuda: out of memory',
    });
  });

  test('a software Vulkan driver that does not work is no concern', async () => {
    const headless = machine({ cuda: 'no NVIDIA device' }, { webgpu: 'no adapter' });
    expect(await chooseProvider('auto', headless.trials)).toMatchObject({ provider: 'cpu', concern: undefined });
  });

  test('a provider that was asked for is an error where it does not work', async () => {
    for (const device of ['cuda', 'tensorrt', 'webgpu'] as const) {
      await expect(chooseProvider(device, machine(NOTHING).trials)).rejects.toMatchObject({ kind: 'unavailable' });
      await expect(chooseProvider(device, machine({}).trials)).resolves.toMatchObject({ provider: device });
    }
    expect(await chooseProvider('cpu', machine({}).trials)).toMatchObject({ provider: 'cpu' });
  });

  test('is really tried on this machine: what is not installed is told in words', async () => {
    const { provider } = await chooseProvider('auto');
    expect(['cpu', 'cuda', 'webgpu']).toContain(provider);
    if (provider === 'cuda') return;
    await expect(chooseProvider('cuda')).rejects.toThrow(/^the cuda execution provider does not work here: .{8}/);
  });
});
