import type { Viewer } from '../cameras/live-view.ts';
import type { WatchEvent } from '../events/event.ts';
import type { Clock } from '../platform/clock.ts';
import type { Finding } from '../platform/findings.ts';
import type { HealthStatus, PartHealth } from '../platform/health.ts';
import type { Logger } from '../platform/logger.ts';
import type { CompiledRule, Severity } from '../rules/rule.ts';
import type { UnknownCause, Verdict } from '../rules/verdict.ts';
import type { AuditLog } from '../store/audit.ts';
import type { ModelIdentity } from '../vision/model.ts';
import type { BacktestDesk } from './backtests.ts';
import type { CameraDesk } from './camera-adding.ts';
import type { ChatDesk } from './chat.ts';
import type { FirstRun } from './first-run.ts';
import { SCRYPT_COST, type ScryptCost } from './passwords.ts';
import type { ReportDesk } from './reporting.ts';
import type { RuleDesk, SpareModel } from './rule-editing.ts';
import type { RuleRecords } from './rule-records.ts';
import type { Upkeep } from './upkeep.ts';
import type { ZoneDesk } from './zone-drawing.ts';

/** From little to much: each role may do what the roles before it may. */
export type Role = 'viewer' | 'operator' | 'admin';

/** One camera as people see it. Nothing here holds a secret. */
export interface CameraStatus {
  readonly id: string;
  readonly name: string;
  /** Where its frames come from, passwords masked. */
  readonly source: string;
  readonly health: HealthStatus;
  /** Why it is not ok, for a person; empty when ok. */
  readonly cause: string;
  /** Wall-clock ms since when health and cause hold. */
  readonly since: number;
}

/** A picture to show: the newest sampled frame of a camera, masks painted out. */
export interface LatestFrame {
  readonly seq: number;
  readonly capturedAt: number;
  readonly width: number;
  readonly height: number;
  readonly jpeg: Uint8Array;
}

export interface CameraBoard {
  /** All configured cameras in the order people gave them. */
  list(): readonly CameraStatus[];
  /** The newest frame; undefined when none was taken in this run. */
  latestFrame(cameraId: string): LatestFrame | undefined;
}

/** Cameras live, for people. */
export interface LiveViewing {
  /**
   * Sends the camera's live picture to the viewer until the returned function is called. Throws WatchwordError `not-found`,
   * `unsupported` or `too-many`.
   */
  watch(cameraId: string, viewer: Viewer): () => void;
}

/** A clip kept with an event. */
export interface KeptClip {
  /** Wall-clock ms of its first picture. */
  readonly startsAt: number;
}

/** Clips of events. */
export interface ClipShelf {
  /** Undefined when none was kept, or not yet. */
  find(eventId: string): KeptClip | undefined;
  /** The MP4; undefined when it is gone. */
  read(eventId: string): Promise<Uint8Array | undefined>;
}

export interface RuleShelf {
  /** The rules in force. */
  list(): readonly CompiledRule[];
  /** What is wrong or doubtful in the rule files now, broken files included. */
  findings(): readonly Finding[];
}

/** One rule on one camera, now. Times are wall-clock ms. */
export interface RuleStatus {
  readonly ruleId: string;
  readonly cameraId: string;
  readonly phase: 'inactive' | 'pending' | 'firing';
  /** Since when the phase holds; null when nothing was judged yet. */
  readonly since: number | null;
  /** The last verdict; null when nothing was judged yet. */
  readonly value: Verdict['value'] | null;
  readonly cause?: UnknownCause;
  readonly score?: number;
  readonly evaluatedAt: number | null;
  /** The open event, while firing. */
  readonly eventId?: string;
}

export interface RuleBoard {
  /** Every pair of enabled rule and camera it applies to. */
  list(): readonly RuleStatus[];
}

/** What people said of an event. */
export interface Review {
  /** Was the event right? null: nobody said. */
  readonly mark: 'right' | 'wrong' | null;
  readonly markedBy: string | null;
  readonly acknowledgedAt: number | null;
  readonly acknowledgedBy: string | null;
  readonly note: string;
}

export interface ReviewedEvent {
  readonly event: WatchEvent;
  readonly review: Review;
}

/** Which events to list; all that are given must hold. */
export interface EventFilter {
  readonly cameraId?: string;
  readonly ruleId?: string;
  readonly severity?: Severity;
  readonly state?: 'open' | 'ended';
  readonly mark?: 'right' | 'wrong' | 'none';
  readonly acknowledged?: boolean;
  /** Started at or after, wall-clock ms. */
  readonly since?: number;
  /** Started before, wall-clock ms. */
  readonly until?: number;
  /** Words to find in the rule's sentence, the question and the note. */
  readonly text?: string;
}

export interface EventPage {
  /** Newest first. */
  readonly events: readonly ReviewedEvent[];
  /** Opaque cursor of the next (older) page; null at the end. */
  readonly next: string | null;
}

export interface EventLog {
  /** Throws WatchwordError `invalid-input` for a cursor it did not make. */
  list(filter: EventFilter, page: { readonly limit: number; readonly cursor?: string }): EventPage;
  get(eventId: string): ReviewedEvent | undefined;
  /** How many are open now. */
  countOpen(): number;
  /** The deciding frame (JPEG); undefined when it was never kept or retention took it. */
  snapshot(eventId: string): Promise<Uint8Array | undefined>;
  /** These three return false when there is no such event. */
  acknowledge(eventId: string, by: string, at: number): boolean;
  mark(eventId: string, mark: 'right' | 'wrong' | null, by: string, at: number): boolean;
  note(eventId: string, text: string, by: string, at: number): boolean;
}

/** One verdict of the past, for timelines. */
export interface ScorePoint {
  readonly capturedAt: number;
  readonly value: Verdict['value'];
  readonly cause?: UnknownCause;
  readonly score?: number;
}

/** Rules muted by a person: what happens is recorded, nobody is told. */
export interface Silences {
  /** Wall-clock ms until which a rule is silenced; null when it is not. */
  until(ruleId: string): number | null;
  /** null ends a silence. */
  set(ruleId: string, until: number | null, by: string): void;
}

export interface ScoreHistory {
  /** Oldest first, at most `limit` (the newest are dropped). */
  scores(query: {
    readonly ruleId: string;
    readonly cameraId: string;
    readonly since: number;
    readonly until: number;
    readonly limit: number;
  }): readonly ScorePoint[];
}

export interface User {
  readonly name: string;
  readonly role: Role;
  /** `scrypt$N$r$p$salt$hash`, see passwords.ts. */
  readonly passwordHash: string;
  readonly createdAt: number;
}

export interface UserStore {
  list(): readonly User[];
  get(name: string): User | undefined;
  /** Adds or replaces by name. */
  put(user: User, by?: string | null): void;
  remove(name: string, by?: string | null): void;
}

export interface Session {
  /** Hex SHA-256 of the cookie's token: whoever reads the database cannot log in with it. */
  readonly tokenHash: string;
  readonly userName: string;
  readonly createdAt: number;
  readonly expiresAt: number;
}

export interface SessionStore {
  get(tokenHash: string): Session | undefined;
  put(session: Session): void;
  remove(tokenHash: string): void;
  /** Ends all sessions of a user; returns the hashes that ended. */
  removeOfUser(userName: string): readonly string[];
  removeExpired(now: number): void;
}

/** Machine access: `Authorization: Bearer <token>`. Looked up by hex SHA-256. */
export interface ApiTokens {
  find(tokenHash: string): { readonly name: string; readonly role: Role } | undefined;
  list(): ReadonlyArray<{ readonly name: string; readonly role: Role; readonly createdAt: number }>;
  /** Throws `conflict` when the name is taken. */
  add(
    token: { readonly name: string; readonly role: Role; readonly createdAt: number },
    tokenHash: string,
    by: string,
  ): void;
  remove(name: string, by: string): void;
}

/** Who changed what, and when. What people do through the other parts of the web is noted there. */
export type AuditTrail = Pick<AuditLog, 'list' | 'names' | 'add' | 'refused'>;

/** What changed. Only keys: whoever shows it reads the newest state, so that a slow client never sees a stale queue. */
export type LiveChange =
  | { readonly kind: 'frame'; readonly cameraId: string }
  | { readonly kind: 'camera'; readonly cameraId: string }
  | { readonly kind: 'state'; readonly ruleId: string; readonly cameraId: string }
  | { readonly kind: 'event'; readonly eventId: string }
  | { readonly kind: 'health' }
  | { readonly kind: 'rules' };

export interface RunIdentity {
  readonly version: string;
  /** Wall-clock ms. */
  readonly startedAt: number;
  readonly id: string;
}

/** Everything the web shows and does comes through here; the composition root fills it. */
export interface WebDeps {
  /** `timeZone`: IANA name, such as `Europe/Berlin`. */
  readonly site: { readonly name: string; readonly timeZone: string };
  readonly clock: Clock;
  readonly logger: Logger;
  readonly cameras: CameraBoard;
  readonly liveView?: LiveViewing;
  readonly clips?: ClipShelf;
  readonly rules: RuleShelf;
  readonly ruleDesk: RuleDesk;
  /** Absent where the configuration is no file. */
  readonly zoneDesk?: ZoneDesk;
  readonly cameraDesk?: CameraDesk;
  readonly reports?: ReportDesk;
  readonly upkeep?: Upkeep;
  /** Absent where nothing can be set up on the page. */
  readonly firstRun?: FirstRun;
  readonly spareModel: SpareModel;
  /** Rules on the past. */
  readonly backtests: BacktestDesk;
  /** How rules did. */
  readonly ruleRecords: RuleRecords;
  /** The model for other programs. */
  readonly chat?: ChatDesk;
  readonly states: RuleBoard;
  readonly events: EventLog;
  readonly silences: Silences;
  readonly history: ScoreHistory;
  readonly health: { parts(): readonly PartHealth[]; overall(): HealthStatus };
  readonly users: UserStore;
  readonly sessions: SessionStore;
  readonly tokens?: ApiTokens;
  readonly audit: AuditTrail;
  /** Calls the listener after each change; returns the function that stops it. */
  readonly subscribe: (listener: (change: LiveChange) => void) => () => void;
  /** null while no model is loaded. */
  readonly model: () => ModelIdentity | null;
  readonly run: RunIdentity;
  /** False until start-up is complete and again while stopping. */
  readonly ready: () => boolean;
  /** The prom-client registry. */
  readonly metrics?: { readonly contentType: string; metrics(): Promise<string> };
  readonly settings?: Partial<WebSettings>;
}

export interface WebSettings {
  /** A session ends after this long, however busy. Default 30 days. */
  readonly sessionMs: number;
  /** What hashing a password costs. Default: SCRYPT_COST; less is for tests. */
  readonly passwordCost: ScryptCost;
  /** Browsers send the cookie over TLS only. Default: when the request itself came over TLS. */
  readonly secureCookie: boolean | 'auto';
  /** Take the client's address from X-Forwarded-For's last entry: only behind a proxy of one's own. Default false. */
  readonly trustProxy: boolean;
  /** Live connections at once, over all pages. Default 64. */
  readonly maxLiveClients: number;
  /** Least time between two messages to one live client. Default 1000 ms. */
  readonly liveIntervalMs: number;
}

export const DEFAULT_WEB_SETTINGS: WebSettings = {
  sessionMs: 30 * 86_400_000,
  passwordCost: SCRYPT_COST,
  secureCookie: 'auto',
  trustProxy: false,
  maxLiveClients: 64,
  liveIntervalMs: 1_000,
};
