import { writeSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

// Loaded into a process before its program: tells on descriptor 3 how much memory, in KiB, it has taken at most.
if (isMainThread) process.on('exit', () => writeSync(3, `${process.resourceUsage().maxRSS}`));
