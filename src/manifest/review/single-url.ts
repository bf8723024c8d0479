import { TextPlaces } from '../json/text-places.js';
import { Findings, type Spot } from './findings.js';
import type { ReviewFault } from './review-fault.js';
import { riskyLifeMs } from './risky-life.js';
import { reviewUrl } from './url-rules.js';

/** Tries the rules of URLs on one that is in no manifest yet. Its faults have no place of use. */
export function reviewSingleUrl(url: string, now: Date): readonly ReviewFault[] {
  const findings = new Findings(new TextPlaces(''));
  const node = { type: 'string', offset: 0, end: 0, value: url, members: [], items: [] } as const;
  const spot: Spot = { node, path: '' };
  reviewUrl(spot, url, undefined, { now, leastLifeMs: riskyLifeMs, isLifeDemanded: false }, findings);
  return findings.faults;
}
