import type { EvidenceLinks } from '../alerts/payload.ts';

/** Where alerts find pictures: below the page's public address, or as a path for who knows the box's address. */
export function evidenceLinks(publicUrl: string | undefined): EvidenceLinks {
  const base = publicUrl?.replace(/\/$/, '') ?? '';
  return {
    snapshotUrl: ({ event }) => `${base}/api/v1/events/${event.id}/snapshot.jpg`,
    clipUrl: () => null,
  };
}
