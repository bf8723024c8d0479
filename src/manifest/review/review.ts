import type { LocatedObject } from '../../cloud/located-object.js';
import { decodeText } from '../json/decode.js';
import type { JsonDocument } from '../json/document.js';
import { readJson } from '../json/read.js';
import type { Flaw, SyntaxFault } from '../json/syntax-fault.js';
import { type TextPlace, TextPlaces } from '../json/text-places.js';
import { reviewTogether } from './between-snapshots.js';
import { type DocumentationEdition, editionOf } from './edition.js';
import { Findings, type Spot } from './findings.js';
import { type ImageFacts, noImageFacts, reviewImage } from './image-rules.js';
import { origins } from './origins.js';
import { inTextOrder, type ReviewFault } from './review-fault.js';
import { riskyLifeMs } from './risky-life.js';
import { reviewSnapshot, type SnapshotFacts, type SnapshotReview } from './snapshot-rules.js';
import { reviewUrl, type UrlTerms } from './url-rules.js';

/** A manifest for 40 disks has less than a tenth of it. */
export const longestManifestBytes = 1024 * 1024;

/** How a manifest is judged. */
export interface ReviewOptions {
  /** The moment at which its URLs have to work; the current time when left out. */
  readonly now?: Date | undefined;
  /** How long each URL has to work from then on, in milliseconds; two hours are only advised when left out. */
  readonly leastLifeMs?: number | undefined;
}

/** One disk of a manifest, as far as it can be read. */
export interface ReviewedDisk extends SnapshotFacts {
  /** Such as `Image.Snapshots[1]`. */
  readonly path: string;
  /** The path and the place of its URL; those of the disk where it has none. */
  readonly urlPath: string;
  readonly urlPlace: TextPlace;
  /** What the URL names; undefined when it names no bucket and key. */
  readonly object: LocatedObject | undefined;
  readonly urlExpiresAt: Date | undefined;
  /** Whether `url` is an http or https URL. */
  readonly canBeAsked: boolean;
}

/** What there is to say of a manifest. */
export interface ManifestReview {
  /** Whether no fault is an error. */
  readonly valid: boolean;
  /** Every fault that can be known from the text, in its order. */
  readonly faults: readonly ReviewFault[];
  /** The moment from which the first URL stops working; undefined when no URL says when it does. */
  readonly urlsExpireAt: Date | undefined;
  readonly image: ImageFacts;
  readonly disks: readonly ReviewedDisk[];
  /** Whose keys it has. */
  readonly edition: DocumentationEdition;
}

/**
 * Finds every fault of a manifest: where it is not strict JSON, where it breaks a rule of the service, where the editions
 * of the documentation differ. Nothing is asked of anybody, and `text` may be anything.
 *
 * @example
 * const { valid, faults } = validateManifest(await readFile('manifest.json'));
 * for (const { line, column, path, message } of faults) console.log(line, column, path, message);
 */
export function validateManifest(text: string | Uint8Array, options: ReviewOptions = {}): ManifestReview {
  const lengthBytes = typeof text === 'string' ? text.length : text.byteLength;
  if (lengthBytes > longestManifestBytes) return reviewOfTooLong();
  const decoded = typeof text === 'string' ? { text, flaws: [] } : decodeText(text);
  const places = new TextPlaces(decoded.text);
  const findings = new Findings(places);
  const document = readJson(decoded.text);
  tellSyntax(decoded.text, document, decoded.flaws, findings);
  const found =
    document.root === undefined ? undefined : reviewRoot(document.root, options, places, findings);
  const expiries = found?.disks.flatMap(({ urlExpiresAt }) => urlExpiresAt ?? []) ?? [];
  return {
    valid: findings.faults.every(({ severity }) => severity !== 'error'),
    faults: inTextOrder(findings.faults),
    urlsExpireAt: expiries.toSorted((one, other) => one.getTime() - other.getTime())[0],
    image: found?.image ?? noImageFacts,
    disks: found?.disks ?? [],
    edition: found?.edition ?? 'none',
  };
}

function reviewOfTooLong(): ManifestReview {
  const findings = new Findings(new TextPlaces(''));
  const message = `the file has more than ${longestManifestBytes} bytes; a manifest has less than a tenth of it`;
  findings.add('error', '', 0, { code: 'too-large', message, origin: origins.limits });
  const { faults } = findings;
  return { valid: false, faults, urlsExpireAt: undefined, image: noImageFacts, disks: [], edition: 'none' };
}

function tellSyntax(text: string, document: JsonDocument, flaws: readonly Flaw[], findings: Findings): void {
  const faults: readonly SyntaxFault[] = [
    ...flaws.map((flaw) => ({ ...flaw, path: '' })),
    ...document.faults,
  ];
  for (const { code, path, offset, message } of faults) {
    findings.add('error', path, offset, { code, message, origin: origins.json });
  }
  if (faults.length > 0) return;
  try {
    JSON.parse(text);
  } catch {
    // The reader has to know everything that strict parsers refuse; whatever it may miss is told at least.
    const message = 'the file is no JSON, and omiforge cannot tell where; check it with another parser';
    findings.add('error', '', 0, { code: 'not-json', message, origin: origins.json });
  }
}

interface Reviewed {
  readonly image: ImageFacts;
  readonly disks: readonly ReviewedDisk[];
  readonly edition: DocumentationEdition;
}

function reviewRoot(
  root: NonNullable<JsonDocument['root']>,
  options: ReviewOptions,
  places: TextPlaces,
  findings: Findings,
): Reviewed {
  const image = reviewImage({ node: root, path: '' }, findings);
  const snapshots = image.snapshots.flatMap((spot, index) => {
    const snapshot = reviewSnapshot(spot, findings);
    return snapshot === undefined ? [] : [[index, snapshot] as const];
  });
  const terms: UrlTerms = {
    now: options.now ?? new Date(),
    leastLifeMs: options.leastLifeMs ?? riskyLifeMs,
    isLifeDemanded: options.leastLifeMs !== undefined,
  };
  const disks = snapshots.map(([, snapshot]) => diskOf(snapshot, terms, places, findings));
  if (image.list !== undefined) reviewTogether(image.list, snapshots, findings);
  const keys = snapshots.flatMap(([, { members }]) => [...members.keys()]);
  return { image: image.facts, disks, edition: editionOf(new Set(keys)) };
}

function diskOf(
  { spot, members, facts }: SnapshotReview,
  terms: UrlTerms,
  places: TextPlaces,
  findings: Findings,
): ReviewedDisk {
  const urlSpot: Spot = members.get('PreSignedUrl') ?? spot;
  const url =
    facts.url === undefined
      ? { object: undefined, expiresAt: undefined, canBeAsked: false }
      : reviewUrl(urlSpot, facts.url, facts.filename, terms, findings);
  return {
    ...facts,
    path: spot.path,
    urlPath: urlSpot.path,
    urlPlace: places.at(urlSpot.node.offset),
    object: url.object,
    urlExpiresAt: url.expiresAt,
    canBeAsked: url.canBeAsked,
  };
}
