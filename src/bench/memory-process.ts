import { readFileSync } from 'node:fs';
import { Meter } from '../convert/measuring/meter.js';
import { WorkerPool } from '../workers/worker-pool.js';
import type { MemoryTask } from './memory.js';

// The program whose memory measureMemory looks at: does one task and tells its peak.

/** The most memory that this process has had at one time. */
function peakBytes(): number {
  try {
    // Of Linux, what resourceUsage() says includes what the parent had when it started this process.
    const [, kibibytes] = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'latin1')) ?? [];
    if (kibibytes !== undefined) return Number(kibibytes) * 1024;
  } catch {
    // No Linux.
  }
  return process.resourceUsage().maxRSS * 1024;
}

/** Does what it is told, and gives its threads back. */
async function perform({ image, pieces, pieceBytes, compression, threads }: MemoryTask): Promise<void> {
  await using pool = new WorkerPool(threads);
  const meter = new Meter(pool, image, pieceBytes);
  await meter.measure(pieces, compression, { lengthMs: 0, first: 0, leastPieces: 0 });
}

process.once('message', async (task: MemoryTask) => {
  await perform(task);
  process.send?.(peakBytes(), () => process.disconnect());
});
// A parent that was killed waits for nothing.
process.once('disconnect', () => process.exit());
