import type { CatalogRule } from './alerts/catalog.ts';
import type { Watched } from './events/observation.ts';
import { matchesAny } from './rules/glob.ts';
import type { CompiledRule } from './rules/rule.ts';

/** A rule on one of its cameras, and whether its hours are on now. */
export interface Assignment {
  readonly rule: CompiledRule;
  readonly cameraId: string;
  readonly scheduled: boolean;
}

/** Every pair of an enabled rule and a camera it watches. */
export function assignmentsOf(
  rules: readonly CompiledRule[],
  cameraIds: readonly string[],
  isOn: (rule: CompiledRule) => boolean,
): Assignment[] {
  return rules
    .filter((rule) => rule.enabled)
    .flatMap((rule) => {
      const scheduled = isOn(rule);
      return camerasOf(rule, cameraIds).map((cameraId) => ({ rule, cameraId, scheduled }));
    });
}

export function watchedBy(rules: readonly CompiledRule[], cameraIds: readonly string[]): Watched {
  return { cameraIds, rules: rules.map((rule) => ({ rule, cameraIds: camerasOf(rule, cameraIds) })) };
}

/** The rules as subscribers are told of them. */
export function catalogRules(
  rules: readonly CompiledRule[],
  cameraIds: readonly string[],
  silencedUntil: (ruleId: string) => number | null,
): CatalogRule[] {
  return rules.map((rule) => {
    const { id, words, question, everyMs, enabled, file } = rule;
    return {
      id,
      words,
      question,
      everyMs,
      enabled,
      cameras: camerasOf(rule, cameraIds),
      silencedUntil: silencedUntil(id),
      ...(file === '' && { isBuiltIn: true }),
    };
  });
}

export function camerasOf(rule: CompiledRule, cameraIds: readonly string[]): string[] {
  return cameraIds.filter((id) => matchesAny(rule.cameras, id));
}
