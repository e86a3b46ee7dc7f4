import { enAdding } from './en-adding.ts';
import { enAsk } from './en-ask.ts';
import { enAudit } from './en-audit.ts';
import { enBacktest } from './en-backtest.ts';
import { enEditor } from './en-editor.ts';
import { enReports } from './en-reports.ts';
import { enSpan } from './en-span.ts';
import { enStart } from './en-start.ts';
import { enPeople, enSystem } from './en-system.ts';
import { enUpkeep } from './en-upkeep.ts';
import { enZones } from './en-zones.ts';

/** Every text people see. Another language has the same keys (the compiler checks it). */
export const en = {
  nav: {
    now: 'Now',
    events: 'Events',
    rules: 'Rules',
    cameras: 'Cameras',
    ask: 'Ask',
    system: 'System',
    account: 'Account',
    skip: 'Skip to content',
    main: 'Main',
  },

  severity: { info: 'Info', warning: 'Warning', critical: 'Critical' },
  role: { viewer: 'Viewer', operator: 'Operator', admin: 'Admin' },
  roleMeans: {
    viewer: 'sees everything, changes nothing',
    operator: 'reviews events, writes rules',
    admin: 'also manages people',
  },
  health: { ok: 'Works', degraded: 'Impaired', down: 'Down' },
  healthNotice: (count: number): string => (count === 1 ? '1 part needs attention' : `${count} parts need attention`),

  phase: {
    clear: 'Clear',
    unknown: 'Unknown',
    waiting: 'Not judged yet',
    pending: 'Seen, waiting',
    firing: 'Alert',
  },
  pendingFor: (seen: string, needed: string): string => `seen for ${seen}, alerts after ${needed}`,
  cause: {
    'no-answer': 'the model did not answer',
    undecided: 'between yes and no',
    'model-failed': 'the model failed',
    timeout: 'the model took too long',
    'too-early': 'too few pictures yet',
    'camera-lost': 'no picture from the camera',
    frozen: 'the picture does not move',
    dark: 'too dark',
    overexposed: 'too bright',
    blurred: 'blurred',
    covered: 'the camera is covered',
    moved: 'the camera was moved',
  },
  score: 'Score',
  scoreOf: (percent: number): string => `${percent}\u00a0% sure`,
  never: 'never',
  none: 'none',
  since: 'since',

  now: {
    title: 'Now',
    open: 'Open events',
    allClear: 'Nothing is open.',
    cameras: 'Cameras',
    noCameras: 'No camera is set up yet.',
    noCamerasHint: 'Add one to the configuration file and it appears here.',
    noRules: 'No rule watches this camera.',
    noPicture: 'No picture yet',
    lastPicture: 'Last picture',
    pictureOf: (camera: string): string => `Newest picture of ${camera}`,
    judged: 'judged',
    moreOpen: (count: number): string => `${count} more open`,
  },

  events: {
    title: 'Events',
    none: 'No event matches.',
    noneYet: 'No event yet. That is good news.',
    clearFilters: 'Show all',
    older: 'Older events',
    filters: 'Filters',
    apply: 'Apply',
    any: 'Any',
    camera: 'Camera',
    rule: 'Rule',
    severity: 'Severity',
    state: 'State',
    open: 'Open',
    ended: 'Ended',
    review: 'Review',
    unreviewed: 'Not reviewed',
    right: 'Right',
    wrong: 'Wrong',
    from: 'From',
    to: 'To',
    text: 'Words',
    search: 'Search',
    today: 'Today',
    yesterday: 'Yesterday',
    without: (filter: string): string => `Take this filter away: ${filter}`,
    all: 'All',
    toReview: 'To review',
    changed: 'There are newer events.',
    show: 'Show them',
    export: 'Download',
    keys: 'Keys: j next, k previous, a acknowledge, w wrong, r right, Enter open',
  },

  event: {
    started: 'Started',
    ended: 'Ended',
    stillOpen: 'still open',
    lasted: 'Lasted',
    /** Before how long it has been open. */
    openFor: 'open for',
    over: (time: string): string => `over after ${time}`,
    stale: 'The camera is lost: whether this still holds is unknown.',
    bestScore: 'Best score',
    question: 'Question asked',
    words: 'Rule',
    camera: 'Camera',
    model: 'Model',
    weights: 'Weights',
    id: 'Event id',
    facts: 'What was asked and what was seen',
    picture: 'The frame that decided',
    clip: 'The video around it',
    noPicture: 'The picture is no longer kept.',
    timeline: 'Score over time',
    whileOpen: 'event open',
    timelineHint: 'How sure the model was, before, during and after.',
    raise: 'raise',
    clear: 'clear',
    noScores: 'No scores are kept for this time.',
    acknowledge: 'Acknowledge',
    acknowledged: 'Acknowledged',
    by: (name: string): string => `by ${name}`,
    right: 'Right',
    wrong: 'Wrong',
    markRight: 'It was right',
    markWrong: 'It was wrong',
    wasItRight: 'Was it right?',
    note: 'Note',
    notePlaceholder: 'What happened, what was done',
    saveNote: 'Save note',
    saved: 'Saved',
    silenceHint: 'Silence this rule? What happens is still recorded, but nobody is told.',
    silenceFor: (time: string): string => `Silence for ${time}`,
    silencedUntil: (time: string): string => `Silent until ${time}`,
    endSilence: 'End silence',
    back: 'All events',
    similar: 'All events of this rule',
  },

  rules: {
    title: 'Rules',
    none: 'No rule is in force.',
    noneHint: 'Write one English sentence, or put a file with one into the rules folder.',
    findings: 'Files that need attention',
    error: 'Error',
    warning: 'Warning',
    line: (line: number): string => `line ${line}`,
    understood: 'Understood',
    asks: 'Asks the model',
    over: 'Over how long',
    lastPictures: (time: string): string => `several pictures of the last ${time}`,
    examples: 'Shown before, as examples',
    alertsWhen: 'Alerts when the answer is',
    yes: 'yes',
    no: 'no',
    for: (time: string): string => `for ${time}`,
    atOnce: 'at once',
    endsAfter: 'Ends after',
    clearFor: (time: string): string => `${time} without it`,
    every: 'Looks every',
    schedule: 'Watches',
    always: 'always',
    and: 'and',
    cooldown: 'At most once per',
    remind: 'Told again every',
    thresholds: 'Thresholds',
    raiseAt: (percent: number): string => `raise at ${percent}\u00a0%`,
    clearAt: (percent: number): string => `clear at ${percent}\u00a0%`,
    zone: 'Zone',
    wholePicture: 'whole picture',
    watches: 'Cameras',
    noCameras: 'matches no camera',
    disabled: 'Off',
    file: 'File',
    days: { mon: 'Mon', tue: 'Tue', wed: 'Wed', thu: 'Thu', fri: 'Fri', sat: 'Sat', sun: 'Sun' },
    everyDay: 'every day',
    outside: (calendar: string): string => `outside ${calendar}`,
    during: (calendar: string): string => `during ${calendar}`,
  },

  audit: enAudit,
  backtest: enBacktest,
  editor: enEditor,
  ask: enAsk,
  zones: enZones,
  adding: enAdding,
  reports: enReports,
  start: enStart,
  upkeep: enUpkeep,

  span: enSpan,

  cameras: {
    title: 'Cameras',
    source: 'Source',
    state: 'State',
    picture: 'Newest picture',
    size: 'Size',
    rules: 'Rules',
    events: 'Events of this camera',
    back: 'All cameras',
    watchLive: 'Watch live',
    stopLive: 'Stop',
    livePicture: (camera: string): string => `Live picture of ${camera}`,
    liveConnecting: 'Connecting to the camera…',
    liveLost: 'The live picture was lost; trying again…',
  },

  /** Parts of the box as people know them; others are shown as they name themselves. */
  part: {
    model: 'Model',
    broker: 'Alerts (MQTT broker)',
    disk: 'Disk',
    capacity: 'Capacity',
    rules: 'Rule files',
    store: 'Event store',
    web: 'This page',
    clock: 'Clock',
    backup: 'Backup',
  },
  partCamera: (name: string): string => `Camera ${name}`,
  partPicture: (name: string): string => `Picture of ${name}`,

  system: enSystem,
  people: enPeople,
  account: {
    title: 'Account',
    loggedInAs: 'Logged in as',
    logout: 'Log out',
    changePassword: 'Change password',
    current: 'Current password',
    next: 'New password',
    change: 'Change',
    changeHint: 'Ends every session of yours, this one too.',
    appearance: 'Appearance',
    language: 'Language',
    theme: { auto: 'As the device', light: 'Light', dark: 'Dark' },
    save: 'Save',
  },

  login: {
    title: 'Log in',
    name: 'Name',
    password: 'Password',
    submit: 'Log in',
    changed: 'The password was changed. Log in with the new one.',
    firstTime: 'First time? The name is admin; its password was printed when the box first started.',
  },

  live: { lost: 'Live updates are interrupted. Trying again…' },

  error: {
    title: 'That did not work',
    home: 'Back to Now',
  },
} as const satisfies Tree;

type Text = string | ((...values: never[]) => string);
interface Tree {
  readonly [key: string]: Text | Tree;
}

/** The shape of `en` with any text in its places. */
export type Messages = Same<typeof en>;

type Same<T> = T extends (...values: infer V) => string
  ? (...values: V) => string
  : T extends string
    ? string
    : { readonly [K in keyof T]: Same<T[K]> };
