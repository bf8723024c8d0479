import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Piece } from '../convert/measuring/spread.js';
import type { Compression } from '../native/boundary.js';
import type { ImageRef } from '../workers/jobs.js';
import { runInOrder } from '../workers/run-in-order.js';

/** What a process is to do whose memory is measured. */
export interface MemoryTask {
  readonly image: ImageRef;
  readonly pieces: readonly Piece[];
  readonly pieceBytes: number;
  readonly compression: Compression;
  readonly threads: number;
}

export interface MemoryOptions {
  /** Tasks that have not begun by then are left out. */
  readonly budgetMs: number;
  readonly signal?: AbortSignal | undefined;
  readonly onTask?: ((doneShare: number) => void) | undefined;
}

/**
 * The peak memory of a process that does nothing but compress, a process for each task: within one, what a setting takes
 * could not be told from what another has left.
 *
 * @returns what was found out of each task: nothing where time was up before, or the process has failed
 * @throws the signal's reason
 */
export async function measureMemory(
  tasks: readonly MemoryTask[],
  { budgetMs, signal, onTask }: MemoryOptions,
): Promise<ReadonlyMap<MemoryTask, number>> {
  const found = new Map<MemoryTask, number>();
  const startedMs = performance.now();
  let count = 0;
  // Those with few threads first: as many of them run at one time as have a core for each thread.
  for (const threads of [...new Set(tasks.map((task) => task.threads))].sort((a, b) => a - b)) {
    await runInOrder(
      tasks.filter((task) => task.threads === threads),
      {
        limit: Math.max(1, Math.floor(availableParallelism() / threads)),
        signal,
        start: async (task) =>
          performance.now() - startedMs > budgetMs ? undefined : await peakBytesOf(task, signal),
        accept: async (peakBytes, task) => {
          if (peakBytes !== undefined) found.set(task, peakBytes);
          count += 1;
          onTask?.(count / tasks.length);
          return 'go on';
        },
      },
    );
  }
  return found;
}

function peakBytesOf(task: MemoryTask, signal: AbortSignal | undefined): Promise<number | undefined> {
  const program = join(import.meta.dirname, '../bench/memory-process.js');
  return new Promise((resolve) => {
    // In a group of its own: a Ctrl-C is for the parent, which then ends it.
    const child = fork(program, [], {
      execArgv: [],
      detached: true,
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    const stop = () => child.kill('SIGKILL');
    signal?.addEventListener('abort', stop, { once: true });
    let peakBytes: number | undefined;
    child.on('message', (message) => {
      peakBytes = Number(message);
    });
    const end = () => {
      signal?.removeEventListener('abort', stop);
      resolve(peakBytes);
    };
    // Both may come, and more than one error.
    child.on('error', end);
    child.once('close', end);
    child.send(task);
  });
}
