import type { Settings } from './config/settings.ts';

type BoxSettings = Pick<Settings, 'site' | 'calendars'>;

/** Name, time zone and hours of the box, which admins may change while it runs. */
export class LiveBox implements BoxSettings {
  #now: BoxSettings;
  /** For those who keep it: reads what holds at that moment. */
  readonly shown: { readonly name: string; readonly timeZone: string };

  constructor(settings: BoxSettings) {
    this.#now = settings;
    const site = (): Settings['site'] => this.#now.site;
    this.shown = {
      get name() {
        return site().name;
      },
      get timeZone() {
        return site().timeZone;
      },
    };
  }

  get site(): Settings['site'] {
    return this.#now.site;
  }

  get calendars(): Settings['calendars'] {
    return this.#now.calendars;
  }

  /** The site's id stays: it is part of every topic in use. */
  take({ site, calendars }: BoxSettings): void {
    this.#now = { site: { ...site, id: this.#now.site.id }, calendars };
  }
}
