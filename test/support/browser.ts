import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

export type { Page };

export const PHONE = { width: 390, height: 844 };
export const DESK = { width: 1440, height: 900 };

const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Real Chromium. Where it is: CHROMIUM, or Debian's. */
export async function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ARGS });
}

export interface WatchedPage {
  readonly page: Page;
  readonly context: BrowserContext;
  /** What the console and the page itself complained about, and requests that failed. */
  readonly complaints: string[];
}

/** A fresh browser profile with one page whose complaints are written down. */
export async function openPage(
  browser: Browser,
  options: {
    baseURL: string;
    viewport?: { width: number; height: number };
    dark?: boolean;
    locale?: string;
    /** With a screen that fingers touch. */
    touch?: boolean;
  },
): Promise<WatchedPage> {
  const { baseURL, viewport = DESK, dark = false, locale = 'en-GB', touch = false } = options;
  const context = await browser.newContext({
    baseURL,
    viewport,
    locale,
    hasTouch: touch,
    colorScheme: dark ? 'dark' : 'light',
    reducedMotion: 'reduce',
  });
  context.setDefaultTimeout(10_000);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning')
      complaints.push(`console ${message.type()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => complaints.push(`page error: ${error.message}`));
  page.on('dialog', (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    dialog.dismiss().catch(() => undefined);
  });
  return { page, context, complaints };
}

/** How many pixels the page is wider than its window, and which elements stick out. */
export async function overflowOf(page: Page): Promise<{ pixels: number; elements: string[] }> {
  return page.evaluate(`(() => {
    const width = document.documentElement.clientWidth;
    const elements = [...document.querySelectorAll('body *')]
      .filter((element) => element.getBoundingClientRect().right > width + 1 && getComputedStyle(element).position !== 'fixed')
      .slice(0, 5)
      .map((element) => element.tagName + '.' + element.className);
    return { pixels: document.documentElement.scrollWidth - width, elements };
  })()`);
}
