import { removeTemporaryFilesNow } from '../files/present-files.js';

/** What a person or the system sends to end a program. */
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Turns the first such signal into an abort, so that work ends at its next step and cleans up. A second one does not
 * wait for that: it removes what is left and ends the process at once, as the signal does.
 */
export function abortOnSignals(): AbortSignal {
  const controller = new AbortController();
  const stop = (name: NodeJS.Signals) => {
    if (!controller.signal.aborted) {
      controller.abort(new DOMException('interrupted', 'AbortError'));
      return;
    }
    removeTemporaryFilesNow();
    for (const each of signals) process.removeListener(each, stop);
    process.kill(process.pid, name);
  };
  for (const name of signals) process.on(name, stop);
  return controller.signal;
}
