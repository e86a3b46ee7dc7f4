import { readdirSync, readFileSync } from 'node:fs';

/** What a process and its children hold at a moment. Memory in MB. */
export interface ProcessUse {
  readonly rssMb: number;
  readonly descriptors: number;
  readonly children: number;
  readonly childrenMb: number;
}

/** Reads it from /proc; the process must be there. */
export function processUse(pid: number): ProcessUse {
  const children = childrenOf(pid);
  return {
    rssMb: residentMb(pid),
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
    children: children.length,
    childrenMb: children.reduce((sum, child) => sum + residentMb(child), 0),
  };
}

/** Resident memory, MB; 0 for a process that has just ended. */
export function residentMb(pid: number): number {
  try {
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

/** Every thread has the children it started. */
function childrenOf(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((thread) => {
    try {
      return readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
    } catch {
      return [];
    }
  });
}

export interface Trend {
  /** Per unit of x. */
  readonly slope: number;
  /** Half the width of the 95 % confidence interval. */
  readonly margin: number;
}

/**
 * Least squares. Memory an hour ago is much like memory a minute ago, so neighbouring samples tell less than independent ones
 * would: the interval is widened by their correlation (first order, as in Santer et al. 2000).
 */
export function trendOf(samples: ReadonlyArray<readonly [x: number, y: number]>): Trend {
  const n = samples.length;
  const meanX = samples.reduce((sum, [x]) => sum + x, 0) / n;
  const meanY = samples.reduce((sum, [, y]) => sum + y, 0) / n;
  const sxx = samples.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  const slope = samples.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0) / sxx;
  const residuals = samples.map(([x, y]) => y - meanY - slope * (x - meanX));
  const square = residuals.reduce((sum, r) => sum + r * r, 0);
  const next = residuals.slice(1).reduce((sum, r, i) => sum + r * (residuals[i] ?? 0), 0);
  const correlation = square === 0 ? 0 : Math.min(0.99, Math.max(0, next / square));
  const independent = Math.max(3, (n * (1 - correlation)) / (1 + correlation));
  const error = Math.sqrt(square / (independent - 2) / sxx);
  return { slope, margin: studentT95(independent - 2) * error };
}

/** Two-sided 95 % quantile of Student's t, within 1 % from two degrees of freedom on. */
function studentT95(freedom: number): number {
  const z = 1.95996;
  const f = Math.max(1, freedom);
  return z + (z ** 3 + z) / (4 * f) + (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * f * f) + 6.5 / f ** 3;
}

/** The value that `share` of the values do not exceed; NaN of none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}
