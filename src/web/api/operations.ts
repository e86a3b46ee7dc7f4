import type { z } from 'zod';
import type { Role } from '../deps.ts';
import { auditPageSchema, auditQuerySchema } from './audit-schemas.ts';
import { BACKTEST_OPERATIONS } from './backtest-operations.ts';
import { CAMERA_OPERATIONS } from './camera-operations.ts';
import { reportQuerySchema, reportSchema } from './report-schema.ts';
import {
  acknowledgeBody,
  cameraSchema,
  errorSchema,
  eventPageSchema,
  eventQuerySchema,
  eventSchema,
  findingSchema,
  healthSchema,
  markBody,
  noteBody,
  ruleSchema,
  scoresSchema,
  stateSchema,
  systemSchema,
} from './schemas.ts';

export interface Operation {
  readonly method: 'get' | 'post' | 'delete';
  /** Below `/api/v1`, parameters as `:name`. */
  readonly path: string;
  readonly role: Role;
  readonly summary: string;
  readonly query?: z.ZodType;
  readonly body?: z.ZodType;
  /** A schema, or the media type of what is not JSON. */
  readonly answer: z.ZodType | 'image/jpeg' | 'video/mp4' | 'text/event-stream' | 'openapi';
}

/** Every operation of the API in one list: what the description is made of. */
export const OPERATIONS: readonly Operation[] = [
  {
    method: 'get',
    path: '/cameras',
    role: 'viewer',
    summary: 'All cameras with their health',
    answer: cameraSchema.array(),
  },
  {
    method: 'get',
    path: '/cameras/:id/snapshot.jpg',
    role: 'viewer',
    summary: 'The newest picture of a camera',
    answer: 'image/jpeg',
  },
  {
    method: 'get',
    path: '/rules',
    role: 'viewer',
    summary: 'The rules in force and what they compiled to',
    answer: ruleSchema.array(),
  },
  {
    method: 'get',
    path: '/rules/findings',
    role: 'viewer',
    summary: 'What is wrong or doubtful in the rule files',
    answer: findingSchema.array(),
  },
  {
    method: 'get',
    path: '/states',
    role: 'viewer',
    summary: 'Each rule on each camera, now',
    answer: stateSchema.array(),
  },
  {
    method: 'get',
    path: '/events',
    role: 'viewer',
    summary: 'Events, newest first',
    query: eventQuerySchema,
    answer: eventPageSchema,
  },
  { method: 'get', path: '/events/:id', role: 'viewer', summary: 'One event', answer: eventSchema },
  {
    method: 'get',
    path: '/events/:id/snapshot.jpg',
    role: 'viewer',
    summary: 'The frame that decided it',
    answer: 'image/jpeg',
  },
  {
    method: 'get',
    path: '/events/:id/clip.mp4',
    role: 'viewer',
    summary: 'The video around that frame, of cameras that keep clips',
    answer: 'video/mp4',
  },
  { method: 'get', path: '/events/:id/scores', role: 'viewer', summary: 'The scores around it', answer: scoresSchema },
  {
    method: 'post',
    path: '/events/:id/acknowledge',
    role: 'operator',
    summary: 'Say that somebody takes care of it',
    body: acknowledgeBody,
    answer: eventSchema,
  },
  {
    method: 'post',
    path: '/events/:id/mark',
    role: 'operator',
    summary: 'Say whether it was right',
    body: markBody,
    answer: eventSchema,
  },
  {
    method: 'post',
    path: '/events/:id/note',
    role: 'operator',
    summary: 'Write a note',
    body: noteBody,
    answer: eventSchema,
  },
  {
    method: 'get',
    path: '/audit',
    role: 'admin',
    summary: 'Who changed what, newest first',
    query: auditQuerySchema,
    answer: auditPageSchema,
  },
  {
    method: 'get',
    path: '/reports',
    role: 'viewer',
    summary: 'The report of a day or a shift; MQTT has the newest on `report/day` and `report/shift`',
    query: reportQuerySchema,
    answer: reportSchema,
  },
  { method: 'get', path: '/health', role: 'viewer', summary: 'What each part says of itself', answer: healthSchema },
  { method: 'get', path: '/system', role: 'viewer', summary: 'Versions, model and this run', answer: systemSchema },
  {
    method: 'get',
    path: '/live',
    role: 'viewer',
    summary: 'Changes as they happen: server-sent events `camera`, `frame`, `state`, `event`, `health`, `rules`',
    answer: 'text/event-stream',
  },
  ...CAMERA_OPERATIONS,
  ...BACKTEST_OPERATIONS,
  { method: 'get', path: '/openapi.json', role: 'viewer', summary: 'This description', answer: 'openapi' },
];

export { errorSchema };
