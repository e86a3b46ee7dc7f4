// Sets up what is missing, so that `npm start` and `npm test` work on a fresh machine. Plain JavaScript without dependencies:
// it runs before anything is installed. Idempotent; when nothing is missing it only looks (well under a second).
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BUILD_TOOLS, programsFor } from './system-packages.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const forTests = process.argv.includes('--test');
const started = performance.now();
let changed = false;

// Standard output belongs to what runs after the set-up (`npm start` prints its ready line there).
const say = (text) => process.stderr.write(`set-up: ${text}\n`);

function fail(text) {
  say(text);
  process.exit(1);
}

function run(command, args, options = {}) {
  return spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2], ...options }).status === 0;
}

/** npm of the Node that runs us, so that native modules are built for this Node and no other. */
function npm(args) {
  const cli = process.env.npm_execpath;
  const env = { ...process.env, npm_config_loglevel: 'error' };
  const prefix = dirname(dirname(process.execPath));
  // Headers must be this Node's own: with another major's headers the build succeeds and the module then fails to load.
  if (existsSync(join(prefix, 'include/node/node_version.h'))) env.npm_config_nodedir = prefix;
  return cli?.endsWith('.js') ? run(process.execPath, [cli, ...args], { env }) : run('npm', args, { env });
}

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const supported = (major === 20 && minor >= 19) || (major === 22 && minor >= 13) || major >= 24;
  if (!supported) fail(`Node ${process.versions.node} is not supported. Install Node 20.19+, 22.13+ or 24+.`);
}

function onPath(program) {
  return (process.env.PATH ?? '').split(':').some((folder) => folder && existsSync(join(folder, program)));
}

function installSystemPackages(packages, why) {
  const command = `apt-get install -y --no-install-recommends ${packages.join(' ')}`;
  if (process.getuid?.() !== 0 || !onPath('apt-get')) return false;
  say(`installing ${packages.join(', ')} (${why})`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const install = () => run('sh', ['-c', `exec ${command} >&2`], { env });
  if (install()) return true;
  return run('apt-get', ['update', '-q'], { env }) && install();
}

function ensurePrograms() {
  const missing = programsFor(forTests).filter(({ present }) => !present({ onPath, exists: existsSync }));
  if (missing.length === 0) return;
  const packages = [...new Set(missing.flatMap((program) => program.packages))];
  const why = missing.map(({ name, use }) => `${name}: ${use}`).join('; ');
  const installed = installSystemPackages(packages, why);
  changed = true;
  const absent = missing.filter(({ present }) => !present({ onPath, exists: existsSync }));
  if (installed && absent.length === 0) return;
  const advice = `${absent.map(({ name, use }) => `${name} is missing (${use})`).join('; ')}.\nRun: sudo apt-get install -y ${packages.join(' ')}`;
  if (absent.some(({ required }) => required)) fail(advice);
  say(`${advice}\nThe tests that need it are skipped.`);
}

const hash = (...files) => {
  const sum = createHash('sha256');
  for (const file of files) sum.update(readFileSync(join(root, file)));
  return sum.digest('hex');
};

/**
 * From Node-API 10 on the SQLite module comes built inside its package (better-sqlite3 13); Node 20 has 12 compiled or
 * fetched by its own install script. No other package of ours needs its script, so `.npmrc` lets none run (one of them would
 * download some hundred MB for CUDA).
 */
const sqlitePackage = Number(process.versions.napi) >= 10 ? 'better-sqlite3-napi' : 'better-sqlite3';

function ensureNodeModules() {
  const stampFile = join(root, 'node_modules/.watchword-setup.json');
  const want = { lock: hash('package-lock.json', '.npmrc') };
  const have = existsSync(stampFile) ? JSON.parse(readFileSync(stampFile, 'utf8')) : {};
  // npm leaves out the packages that this Node cannot run, so another Node may miss one.
  if (have.lock !== want.lock || !existsSync(join(root, 'node_modules', sqlitePackage))) {
    changed = true;
    say('installing the npm packages (npm ci)');
    if (!npm(['ci'])) fail('npm ci failed; its messages are above.');
  }
  if (!sqliteLoads()) buildSqlite();
  writeFileSync(stampFile, JSON.stringify(want));
}

function sqliteLoads() {
  const script = `new (require('${sqlitePackage}'))(':memory:').close()`;
  return spawnSync(process.execPath, ['-e', script], { cwd: root, stdio: 'ignore' }).status === 0;
}

/** Where no prebuilt module can be fetched, a compiler is needed: install one and try once more. */
function buildSqlite() {
  changed = true;
  if (sqlitePackage !== 'better-sqlite3')
    fail(`the SQLite module (${sqlitePackage}) has no build for ${process.platform} on ${process.arch}.`);
  const build = () => npm(['rebuild', '--ignore-scripts=false', sqlitePackage]) && sqliteLoads();
  say(`building the SQLite module for Node ${process.versions.node} (about a minute)`);
  if (build()) return;
  const missing = BUILD_TOOLS.filter((tool) => !onPath(tool.name));
  const packages = missing.flatMap((tool) => tool.packages);
  if (packages.length > 0 && !installSystemPackages(packages, 'to compile the SQLite module')) {
    fail(`the SQLite module does not load.\nRun: sudo apt-get install -y ${packages.join(' ')}, then try again.`);
  }
  if (!build()) fail('the SQLite module does not load; the messages of its build are above.');
}

function newest(folder) {
  let latest = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    latest = Math.max(latest, entry.isDirectory() ? newest(path) : statSync(path).mtimeMs);
  }
  return latest;
}

function ensureBuilt() {
  const stampFile = join(root, 'dist/.built');
  const sources = Math.max(newest(join(root, 'src')), statSync(join(root, 'tsconfig.json')).mtimeMs);
  if (existsSync(stampFile) && statSync(stampFile).mtimeMs >= sources) return;
  changed = true;
  say('compiling src to dist');
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  if (!run(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.json']))
    fail('tsc failed; its messages are above.');
  chmodSync(join(root, 'dist/main.js'), 0o755);
  writeFileSync(stampFile, '');
}

/** Makes `npx watchword` work in the checkout. */
function linkCommand() {
  const link = join(root, 'node_modules/.bin/watchword');
  if (existsSync(link)) return;
  mkdirSync(dirname(link), { recursive: true });
  rmSync(link, { force: true });
  symlinkSync('../../dist/main.js', link);
}

checkNode();
ensureNodeModules();
ensurePrograms();
ensureBuilt();
linkCommand();
if (changed || !process.argv.includes('--quiet-when-ready'))
  say(`ready in ${Math.round(performance.now() - started)} ms`);
