/** What a person or the system sends to end a program. */
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Turns the first such signal into an abort, so that work ends at its next step and cleans up. The handlers are gone
 * afterwards: a second signal ends the process at once.
 */
export function abortOnSignals(): AbortSignal {
  const controller = new AbortController();
  const stop = () => {
    for (const name of signals) process.removeListener(name, stop);
    controller.abort(new DOMException('interrupted', 'AbortError'));
  };
  for (const name of signals) process.on(name, stop);
  return controller.signal;
}
