// The programs outside npm that the product and its tests use, and the Debian packages that bring them.

/** @typedef {{ onPath(program: string): boolean, exists(path: string): boolean }} Machine */
/** @typedef {{ name: string, packages: string[], use: string, required: boolean, present(machine: Machine): boolean }} Program */

export const BUILD_TOOLS = [
  { name: 'python3', packages: ['python3'] },
  { name: 'make', packages: ['make'] },
  { name: 'g++', packages: ['g++'] },
];

/** @type {Program[]} */
const PRODUCT = [
  {
    name: 'ffmpeg',
    packages: ['ffmpeg'],
    use: 'reads the cameras',
    required: true,
    present: ({ onPath }) => onPath('ffmpeg') && onPath('ffprobe'),
  },
];

const TYPELIB_FOLDERS = ['x86_64-linux-gnu', 'aarch64-linux-gnu'].map(
  (triple) => `/usr/lib/${triple}/girepository-1.0`,
);

/** @type {Program[]} */
const TESTS = [
  {
    name: 'chromium',
    packages: ['chromium'],
    use: 'browser tests',
    required: false,
    present: ({ onPath }) => onPath('chromium'),
  },
  {
    name: 'mosquitto',
    packages: ['mosquitto'],
    use: 'MQTT 5 tests',
    required: false,
    present: ({ exists, onPath }) => onPath('mosquitto') || exists('/usr/sbin/mosquitto'),
  },
  {
    name: 'GStreamer RTSP server',
    packages: ['python3-gi', 'gir1.2-gst-rtsp-server-1.0', 'gstreamer1.0-plugins-good'],
    use: 'camera tests against a server written by others',
    required: false,
    present: ({ exists }) => TYPELIB_FOLDERS.some((folder) => exists(`${folder}/GstRtspServer-1.0.typelib`)),
  },
  {
    name: 'openssl',
    packages: ['openssl'],
    use: 'TLS tests',
    required: false,
    present: ({ onPath }) => onPath('openssl'),
  },
];

/** @returns {Program[]} */
export function programsFor(tests) {
  return tests ? [...PRODUCT, ...TESTS] : PRODUCT;
}
