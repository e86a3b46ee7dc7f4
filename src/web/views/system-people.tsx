import { ROLES } from '../auth.ts';
import type { Page } from '../context.ts';
import type { Role, User } from '../deps.ts';
import { ActionForm, When } from './parts.tsx';

export interface AccessProps {
  readonly page: Page;
  readonly users: readonly User[];
  /** Undefined where programs get no access. */
  readonly tokens:
    | ReadonlyArray<{ readonly name: string; readonly role: Role; readonly createdAt: number }>
    | undefined;
  /** Made just now, shown this once. */
  readonly newToken?: { readonly name: string; readonly token: string } | undefined;
  /** What was wrong with a new person, or a new token. */
  readonly problem?: { readonly about: 'people' | 'tokens'; readonly words: string } | undefined;
}

export function PeoplePanel({ page, users, problem }: AccessProps) {
  const { t } = page;
  return (
    <section class="panel panel-wide" id="people">
      <h2>{t.system.people}</h2>
      <Problem problem={problem} about="people" />
      <ul class="people">
        {users.map((user) => (
          <li>
            <span class="person">
              <strong>{user.name}</strong>
              {user.name === page.identity?.name ? <span class="quiet"> ({t.people.you})</span> : null}
              <span class="quiet">
                {' '}
                {t.role[user.role]}: {t.roleMeans[user.role]}
              </span>
            </span>
            {user.name === page.identity?.name ? null : (
              <span class="person-actions">
                <ActionForm page={page} action={`/system/people/${encodeURIComponent(user.name)}/role`}>
                  <RoleChoice page={page} chosen={user.role} label={t.upkeep.changeRole(user.name)} />
                  <button type="submit" class="button">
                    {t.upkeep.change}
                  </button>
                </ActionForm>
                <ActionForm page={page} action={`/system/people/${encodeURIComponent(user.name)}/remove`}>
                  <button
                    type="submit"
                    class="button"
                    aria-label={`${t.people.remove}: ${user.name}`}
                    data-confirm={`${t.people.remove}: ${user.name}?`}
                  >
                    {t.people.remove}
                  </button>
                </ActionForm>
              </span>
            )}
          </li>
        ))}
      </ul>
      <h3>{t.people.add}</h3>
      <ActionForm page={page} action="/system/people" class="form form-inline">
        <label class="field">
          <span>{t.people.name}</span>
          <input name="name" required maxlength={32} autocomplete="off" autocapitalize="none" spellcheck={false} />
        </label>
        <label class="field">
          <span>{t.people.role}</span>
          <select name="role">
            <RoleOptions page={page} />
          </select>
        </label>
        <label class="field">
          <span>{t.people.password}</span>
          <input type="password" name="password" required minlength={10} maxlength={256} autocomplete="new-password" />
        </label>
        <button type="submit" class="button">
          {t.people.addButton}
        </button>
      </ActionForm>
      <p class="quiet">{t.people.passwordHint}</p>
    </section>
  );
}

export function TokensPanel({ page, tokens, newToken, problem }: AccessProps) {
  const { t } = page;
  if (!tokens) return null;
  return (
    <section class="panel panel-wide" id="tokens">
      <h2>{t.upkeep.tokens}</h2>
      <p class="quiet">{t.upkeep.tokensHint}</p>
      <Problem problem={problem} about="tokens" />
      {newToken ? (
        <p class="success" role="status">
          {t.upkeep.tokenOnce(newToken.name)} <code class="new-token">{newToken.token}</code>
        </p>
      ) : null}
      {tokens.length === 0 ? <p class="quiet">{t.upkeep.noTokens}</p> : null}
      <ul class="people">
        {tokens.map(({ name, role, createdAt }) => (
          <li>
            <span class="person">
              <strong>{name}</strong>
              <span class="quiet">
                {' '}
                {t.role[role]} · {t.people.created} <When page={page} at={createdAt} age={false} />
              </span>
            </span>
            <ActionForm page={page} action={`/system/tokens/${encodeURIComponent(name)}/remove`}>
              <button
                type="submit"
                class="button"
                aria-label={`${t.people.remove}: ${name}`}
                data-confirm={`${t.upkeep.removeToken(name)}?`}
              >
                {t.people.remove}
              </button>
            </ActionForm>
          </li>
        ))}
      </ul>
      <ActionForm page={page} action="/system/tokens" class="form form-inline">
        <label class="field">
          <span>{t.upkeep.tokenName}</span>
          <input name="name" required maxlength={32} autocomplete="off" autocapitalize="none" spellcheck={false} />
        </label>
        <label class="field">
          <span>{t.upkeep.role}</span>
          <select name="role">
            <RoleOptions page={page} />
          </select>
        </label>
        <button type="submit" class="button">
          {t.upkeep.addToken}
        </button>
      </ActionForm>
    </section>
  );
}

function Problem({ problem, about }: { problem: AccessProps['problem']; about: 'people' | 'tokens' }) {
  if (problem?.about !== about) return null;
  return (
    <p class="problem" role="alert">
      {problem.words}
    </p>
  );
}

function RoleChoice({ page, chosen, label }: { page: Page; chosen: Role; label: string }) {
  return (
    <select name="role" aria-label={label} class="role-choice">
      {ROLES.map((role) => (
        <option value={role} selected={role === chosen}>
          {page.t.role[role]}
        </option>
      ))}
    </select>
  );
}

function RoleOptions({ page }: { page: Page }) {
  return (
    <>
      {ROLES.map((role) => (
        <option value={role}>
          {page.t.role[role]}: {page.t.roleMeans[role]}
        </option>
      ))}
    </>
  );
}
