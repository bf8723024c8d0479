/** How far the clock of a client may be off before its signatures are refused, by the documentation of the service. */
export const toleratedMs = 5 * 60_000;

/** What this machine takes for now. */
export interface ClockFacts {
  readonly now: Date;
  /** Such as `Europe/Paris`. */
  readonly zone: string;
  /** What the zone adds to UTC. */
  readonly zoneMinutes: number;
  /** When omiforge was installed, by the clock of then. */
  readonly installedAt: Date | undefined;
}

export function clockFacts(now: Date, installedAt: Date | undefined): ClockFacts {
  return {
    now,
    zone: new Intl.DateTimeFormat().resolvedOptions().timeZone,
    zoneMinutes: -now.getTimezoneOffset(),
    installedAt,
  };
}

/** What the object storage answered. */
export type Answer =
  | {
      /** Its clock minus ours. */
      readonly aheadMs: number;
      readonly failure?: undefined;
    }
  | {
      /** Why there is no answer that tells the time. */
      readonly failure: string;
      readonly aheadMs?: undefined;
    };

/**
 * Asks the object storage for its time: one request without keys, whose answer has a date, whatever else it says.
 *
 * @throws the signal's reason
 */
export async function askForTime(endpoint: URL, timeoutMs: number, signal: AbortSignal): Promise<Answer> {
  const timeout = AbortSignal.timeout(timeoutMs);
  const sentMs = Date.now();
  try {
    const response = await fetch(endpoint, {
      method: 'HEAD',
      redirect: 'manual',
      signal: AbortSignal.any([signal, timeout]),
    });
    const receivedMs = Date.now();
    await response.body?.cancel();
    const toldMs = Date.parse(response.headers.get('date') ?? '');
    if (Number.isNaN(toldMs)) return { failure: 'its answer has no date' };
    // The date has whole seconds: it is half a second old on average.
    return { aheadMs: Math.round(toldMs + 500 - (sentMs + receivedMs) / 2) };
  } catch (thrown) {
    signal.throwIfAborted();
    if (timeout.aborted) return { failure: `no answer within ${timeoutMs / 1000} s` };
    return { failure: reasonOf(thrown) };
  }
}

/** fetch says "fetch failed", and why in the cause. */
function reasonOf(thrown: unknown): string {
  const { cause } = thrown as { cause?: { code?: unknown; message?: unknown } };
  const { code, message } = cause ?? {};
  if (code === 'CERT_NOT_YET_VALID' || code === 'CERT_HAS_EXPIRED') {
    return `its certificate is not valid at the time of this clock (${code})`;
  }
  // OpenSSL speaks of its own source files.
  if (typeof code === 'string' && code.startsWith('ERR_SSL_'))
    return `it does not speak TLS with us (${code})`;
  const text = typeof message === 'string' && message !== '' ? message : String(thrown);
  return typeof code === 'string' && !text.includes(code) ? `${text} (${code})` : text;
}
