import type { Page } from '../context.ts';
import { LANGUAGE_NAMES } from '../language.ts';
import { Layout } from './layout.tsx';
import { ActionForm, Facts } from './parts.tsx';

export function AccountPage({ page, problem }: { page: Page; problem?: string }) {
  const { t, identity } = page;
  return (
    <Layout page={page} title={t.account.title}>
      <h1>{t.account.title}</h1>
      <div class="panels">
        <section class="panel">
          <Facts
            rows={[
              [t.account.loggedInAs, identity?.name ?? ''],
              [t.people.role, identity ? `${t.role[identity.role]}: ${t.roleMeans[identity.role]}` : ''],
            ]}
          />
          <ActionForm page={page} action="/logout">
            <button type="submit" class="button button-wide">
              {t.account.logout}
            </button>
          </ActionForm>
        </section>
        <section class="panel">
          <h2>{t.account.appearance}</h2>
          <ActionForm page={page} action="/account/appearance" class="form">
            <label class="field">
              <span>{t.account.language}</span>
              <select name="language">
                {Object.entries(LANGUAGE_NAMES).map(([code, word]) => (
                  <option value={code} selected={code === page.language}>
                    {word}
                  </option>
                ))}
              </select>
            </label>
            <fieldset class="choices">
              <legend class="visually-hidden">{t.account.appearance}</legend>
              {(['auto', 'light', 'dark'] as const).map((theme) => (
                <label class="choice">
                  <input type="radio" name="theme" value={theme} checked={theme === page.theme} />
                  <span>{t.account.theme[theme]}</span>
                </label>
              ))}
            </fieldset>
            <button type="submit" class="button">
              {t.account.save}
            </button>
          </ActionForm>
        </section>
        <section class="panel">
          <h2>{t.account.changePassword}</h2>
          {problem ? (
            <p class="problem" role="alert">
              {problem}
            </p>
          ) : null}
          <ActionForm page={page} action="/account/password" class="form">
            <input type="hidden" name="username" value={identity?.name ?? ''} autocomplete="username" />
            <label class="field">
              <span>{t.account.current}</span>
              <input type="password" name="current" autocomplete="current-password" required maxlength={256} />
            </label>
            <label class="field">
              <span>{t.account.next}</span>
              <input type="password" name="next" autocomplete="new-password" required minlength={10} maxlength={256} />
            </label>
            <p class="quiet">
              {t.people.passwordHint} {t.account.changeHint}
            </p>
            <button type="submit" class="button">
              {t.account.change}
            </button>
          </ActionForm>
        </section>
      </div>
    </Layout>
  );
}
