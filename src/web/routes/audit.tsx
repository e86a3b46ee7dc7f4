import { Hono } from 'hono';
import type { AuditEntry } from '../../store/audit.ts';
import { allow } from '../access.ts';
import { auditFilterSchema, toAuditFilter } from '../audit-filter.ts';
import { isPartial, type Page, pageOf, type WebEnv, type WebParts } from '../context.ts';
import type { WebDeps } from '../deps.ts';
import { readQuery } from '../event-filter.ts';
import { AuditPage, AuditRows } from '../views/audit.tsx';

const PAGE_SIZE = 50;

export function auditRoutes(parts: WebParts): Hono<WebEnv> {
  const { deps } = parts;
  return new Hono<WebEnv>().get('/system/audit', allow('admin'), (c) => {
    const page = pageOf(c, parts);
    const form = readQuery(auditFilterSchema, c.req.query());
    const found = auditPage(deps, form, page, PAGE_SIZE);
    // Older rows are added to the list that is already there.
    if (isPartial(c)) return c.html(<AuditRows page={page} form={form} {...found} />);
    return c.html(<AuditPage page={page} form={form} {...found} names={deps.audit.names()} />);
  });
}

/** One page of the log, newest first, and the cursor of the next one; null at the end. */
export function auditPage(
  { audit }: Pick<WebDeps, 'audit'>,
  form: Parameters<typeof toAuditFilter>[0],
  { times }: Pick<Page, 'times'>,
  limit: number,
): { entries: readonly AuditEntry[]; next: string | null } {
  const before = form.cursor === '' ? {} : { before: Number(form.cursor) };
  // One more than is shown tells whether there is more.
  const found = audit.list({ limit: limit + 1, ...before }, toAuditFilter(form, times));
  const entries = found.slice(0, limit);
  return { entries, next: found.length > limit ? String(entries.at(-1)?.id ?? '') : null };
}
