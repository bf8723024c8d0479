import type { PlacedRuns } from '../native/boundary.js';

const numbersPerRun = 3;

interface Run {
  readonly hostOffsetBytes: number;
  readonly lengthBytes: number;
  readonly startBytes: number;
}

function* eachRun(runs: PlacedRuns): Generator<Run> {
  for (let at = 0; at < runs.length; at += numbersPerRun) {
    const [hostOffsetBytes = 0, lengthBytes = 0, startBytes = 0] = runs.subarray(at, at + numbersPerRun);
    yield { hostOffsetBytes, lengthBytes, startBytes };
  }
}

/** The bytes of all runs. */
export function bytesOf(runs: PlacedRuns): number {
  let sum = 0;
  for (const { lengthBytes } of eachRun(runs)) sum += lengthBytes;
  return sum;
}

/** Cuts runs into lists of at most so many bytes each, in order. Pure. */
export function* cutRuns(runs: PlacedRuns, mostBytes: number): Generator<PlacedRuns> {
  let list: number[] = [];
  let listBytes = 0;
  for (const { hostOffsetBytes, lengthBytes, startBytes } of eachRun(runs)) {
    for (let at = 0; at < lengthBytes; at += mostBytes) {
      const pieceBytes = Math.min(mostBytes, lengthBytes - at);
      if (listBytes + pieceBytes > mostBytes) {
        yield Float64Array.from(list);
        list = [];
        listBytes = 0;
      }
      list.push(hostOffsetBytes + at, pieceBytes, startBytes + at);
      listBytes += pieceBytes;
    }
  }
  if (list.length > 0) yield Float64Array.from(list);
}
