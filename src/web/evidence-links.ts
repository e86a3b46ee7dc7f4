import type { EvidenceLinks } from '../alerts/payload.ts';

/** Where alerts find pictures: below the page's public address, or as a path for who knows the box's address. */
export function evidenceLinks(publicUrl: string | undefined, hasClips: (cameraId: string) => boolean): EvidenceLinks {
  const base = publicUrl?.replace(/\/$/, '') ?? '';
  return {
    snapshotUrl: ({ event }) => `${base}/api/v1/events/${event.id}/snapshot.jpg`,
    // The clip is whole some seconds after the alert: it shows what comes after the deciding frame too.
    clipUrl: ({ event }) => (hasClips(event.cameraId) ? `${base}/api/v1/events/${event.id}/clip.mp4` : null),
  };
}
