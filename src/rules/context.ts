import { type CompileContext, DEFAULTS } from './compile.ts';
import { type Calendar, WEEKDAYS } from './schedule.ts';
import type { KnownCamera } from './world.ts';

/** What of a box's configuration a rule may speak of. */
export interface BoxDescription {
  readonly site: { readonly timeZone: string };
  readonly cameras: Readonly<Record<string, DescribedCamera>>;
  readonly calendars: Readonly<Record<string, Calendar>>;
}

interface DescribedCamera {
  readonly name?: string | undefined;
  readonly groups?: readonly string[];
  readonly zones: Readonly<Record<string, ReadonlyArray<readonly [x: number, y: number]>>>;
  readonly maxWidth: number;
}

/** `at night` means something without any configuration; opening hours do not, so they must be written down. */
const BUILT_IN: Readonly<Record<string, Calendar>> = {
  night: { hours: [{ days: WEEKDAYS, from: '22:00', to: '06:00' }], closed: [] },
};

/** The compiler's context for a box. Calendar names are compared in lower case; the box's own win over built-in ones. */
export function contextOf(
  box: BoxDescription,
  questionForm: CompileContext['questionForm'] = 'question',
): CompileContext {
  const own = Object.entries(box.calendars).map(([name, calendar]) => [name.trim().toLowerCase(), calendar] as const);
  return {
    cameras: Object.entries(box.cameras).map(([id, camera]) => knownCamera(id, camera)),
    calendars: { ...BUILT_IN, ...Object.fromEntries(own) },
    timeZone: box.site.timeZone,
    questionForm,
    defaults: DEFAULTS,
  };
}

function knownCamera(id: string, camera: DescribedCamera): KnownCamera {
  // The picture's own height is known only once it comes; most cameras are 16:9.
  const heightPx = Math.round((camera.maxWidth * 9) / 16);
  const zones = Object.entries(camera.zones).map(([name, polygon]) => {
    const ys = polygon.map(([, y]) => y);
    return { name, heightPx: Math.round((Math.max(...ys) - Math.min(...ys)) * heightPx) };
  });
  const { name, groups } = camera;
  return { id, heightPx, zones, ...(name === undefined ? {} : { name }), ...(groups === undefined ? {} : { groups }) };
}
