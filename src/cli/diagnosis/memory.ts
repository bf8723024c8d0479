import { totalmem } from 'node:os';

/** The memory of this machine, and what of it this process may take. */
export interface MemoryFacts {
  readonly totalBytes: number;
  readonly availableBytes: number;
  /** What the control group of this process may take, as that of a container; undefined where it has no limit. */
  readonly limitBytes: number | undefined;
}

export function memoryFacts(): MemoryFacts {
  const totalBytes = totalmem();
  // 0 where there is no limit, or one larger than any memory.
  const constrainedBytes = process.constrainedMemory();
  const isLimited = constrainedBytes > 0 && constrainedBytes < totalBytes;
  return {
    totalBytes,
    availableBytes: Math.min(process.availableMemory(), totalBytes),
    limitBytes: isLimited ? constrainedBytes : undefined,
  };
}
