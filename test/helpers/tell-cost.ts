import { readFileSync, writeSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

// The high water mark of this process. What getrusage tells begins with that of the process it was forked from.
function peakKiB(): string {
  return /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '';
}

function processorMs(): number {
  const { userCPUTime, systemCPUTime } = process.resourceUsage();
  return (userCPUTime + systemCPUTime) / 1000;
}

// Loaded into a process before its program: tells on descriptor 3 how much memory, in KiB, it has taken at most, and
// how many milliseconds of the processors.
if (isMainThread) process.on('exit', () => writeSync(3, `${peakKiB()} ${processorMs()}`));
