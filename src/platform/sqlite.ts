import { createRequire } from 'node:module';
import type BetterSqlite from 'better-sqlite3';

const require = createRequire(import.meta.url);

/** From this Node-API version on (Node 22.14) better-sqlite3 13 runs; below it, 13 ends the process with a segmentation fault. */
const NODE_API_OF_13 = 10;

/**
 * better-sqlite3 as this Node can run it: 13, which is built on Node-API, where Node has it, otherwise 12. One version for
 * all is not to be had: 12 aborts from Node 24.19 on when a statement is collected (node::ObjectWrap changed under it), and
 * Node 20 never got what 13 needs.
 */
export const Sqlite = require(
  Number(process.versions.napi) >= NODE_API_OF_13 ? 'better-sqlite3-napi' : 'better-sqlite3',
) as typeof BetterSqlite;
