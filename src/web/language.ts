import { en, type Messages } from './messages/en.ts';
import { zhCn } from './messages/zh-cn.ts';

export type { Messages };
export type Language = 'en' | 'zh-CN';

const LANGUAGES: Record<Language, Messages> = { en, 'zh-CN': zhCn };

export const LANGUAGE_NAMES: Record<Language, string> = { en: 'English', 'zh-CN': '简体中文' };

export function messagesOf(language: Language): Messages {
  return LANGUAGES[language];
}

export function isLanguage(text: string | undefined): text is Language {
  return text === 'en' || text === 'zh-CN';
}

/** The person's own choice, else the first language of the browser that we speak (RFC 9110 12.5.4), else English. */
export function chooseLanguage(cookie: string | undefined, accept: string | undefined): Language {
  if (isLanguage(cookie)) return cookie;
  const wanted = (accept ?? '')
    .slice(0, 1_000)
    .split(',')
    .map((entry) => {
      const [tag = '', quality] = entry.trim().split(/\s*;\s*q=/i);
      return { tag: tag.toLowerCase(), quality: quality === undefined ? 1 : Number(quality) || 0 };
    })
    .filter(({ quality }) => quality > 0)
    .sort((a, b) => b.quality - a.quality);
  for (const { tag } of wanted) {
    if (tag === 'en' || tag.startsWith('en-')) return 'en';
    // Traditional Chinese readers are better served by Simplified than by English only if they ask for no other.
    if (tag === 'zh' || /^zh-(cn|sg|hans)/.test(tag)) return 'zh-CN';
  }
  return 'en';
}
