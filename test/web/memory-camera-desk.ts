import type { DeviceStreams, FoundDevice } from '../../src/cameras/onvif-streams.ts';
import { WatchwordError } from '../../src/platform/errors.ts';
import type { AddedCamera, CameraDesk, CameraLogin, NewCamera } from '../../src/web/camera-adding.ts';

const SUB = { name: 'Sub', source: 'rtsp://10.0.0.9/2', codec: 'H264', width: 640, height: 360, fps: 25 };
const MAIN = { ...SUB, name: 'Main', source: 'rtsp://10.0.0.9/1', width: 1920, height: 1080 };

/** A network with one camera, and one that refuses every login. */
export class MemoryCameraDesk implements CameraDesk {
  devices: FoundDevice[] = [{ name: 'Dome 4 <b>', hardware: 'D4', address: '10.0.0.9' }];
  readonly added: Array<NewCamera & { by: string }> = [];

  async discover(): Promise<FoundDevice[]> {
    return this.devices;
  }

  async describe(address: string, { password }: CameraLogin): Promise<DeviceStreams> {
    if (address !== '10.0.0.9' || password === 'wrong')
      throw new WatchwordError('unavailable', 'the camera refuses the user name or password', { hint: 'Check them' });
    const about = { manufacturer: 'Lens & Co', model: 'Dome 4', firmware: '1.2.3', serial: '42' };
    return { ...about, streams: [MAIN, SUB], main: MAIN, sub: SUB };
  }

  async add(camera: NewCamera, by: string): Promise<AddedCamera> {
    const { main, sub } = await this.describe(camera.address, camera);
    this.added.push({ ...camera, by });
    const seen = { codec: 'h264', width: 640, height: 360, fps: 25, keyframeMs: 2_000, firstPictureMs: 1_234 };
    const probe = { ...seen, cpuShare: 0.021, notes: ['every picture is decoded'] };
    return { source: sub?.source ?? main.source, mainSource: main.source, probe };
  }
}
