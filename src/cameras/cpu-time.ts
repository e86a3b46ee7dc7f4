import { readFileSync } from 'node:fs';

/** Linux tells CPU time in ticks of 1/100 s, whatever its kernel was built with. */
const MS_PER_TICK = 10;

/** CPU time of a process so far, ms, in steps of 10; undefined when it is gone or the system does not tell (Linux does). */
export function cpuTimeMs(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in brackets may hold anything; after it come state, parent and so on: user and system time are 12th and 13th.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK;
  } catch {
    return undefined;
  }
}
