import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';

/**
 * GStreamer's own RTSP server over a clip with H.264 in it: someone else's reading of RFC 2326. Each client gets the clip
 * from its beginning, in real time, and the end of the stream at its end.
 */
const PROGRAM = `
import sys, gi
gi.require_version('Gst', '1.0')
gi.require_version('GstRtspServer', '1.0')
from gi.repository import Gst, GstRtspServer, GLib
Gst.init(None)
server = GstRtspServer.RTSPServer()
server.set_address('127.0.0.1')
server.set_service(sys.argv[2])
factory = GstRtspServer.RTSPMediaFactory()
factory.set_launch('( filesrc location="' + sys.argv[1] + '" ! qtdemux ! rtph264pay name=pay0 pt=96 config-interval=-1 )')
server.get_mount_points().add_factory('/cam', factory)
server.attach(None)
print(server.get_bound_port(), flush=True)
GLib.MainLoop().run()
`;

/** Debian's own Python: one that somebody put first in PATH does not see Debian's modules. */
const PYTHON = '/usr/bin/python3';

/** Debian packages that bring it. */
export const FOREIGN_SERVER_PACKAGES = ['python3-gi', 'gir1.2-gst-rtsp-server-1.0', 'gstreamer1.0-plugins-good'];

/** Whether GStreamer's RTSP server and the elements for H.264 in MP4 are installed. */
export async function hasForeignServer(): Promise<boolean> {
  const check = `${PROGRAM.split('Gst.init')[0]}Gst.init(None)\nsys.exit(0 if Gst.ElementFactory.find('rtph264pay') and Gst.ElementFactory.find('qtdemux') else 1)`;
  try {
    await promisify(execFile)(PYTHON, ['-c', check], { timeout: 20_000 });
    return true;
  } catch {
    return false;
  }
}

/** Starts the server for an MP4 clip; it serves `rtsp://127.0.0.1:PORT/cam`. Port 0 is a free one. `stop` kills it. */
export async function startForeignServer(clip: string, port = 0): Promise<{ port: number; stop(): Promise<void> }> {
  const child = spawn(PYTHON, ['-c', PROGRAM, clip, String(port)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const closed = once(child, 'close');
  const first = await Promise.race([once(child.stdout, 'data'), closed]);
  const bound = Number.parseInt(String(first[0]), 10);
  if (!(bound > 0)) throw new Error("GStreamer's RTSP server did not start");
  return {
    port: bound,
    stop: async () => {
      child.kill('SIGKILL');
      await closed;
    },
  };
}
