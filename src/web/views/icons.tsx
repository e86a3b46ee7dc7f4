import type { Child } from 'hono/jsx';

/** State is never told by colour alone: each has its own shape. All are decoration beside a word. */
const PATHS = {
  check: <path d="M5 12.5l4.5 4.5L19 7.5" />,
  clear: (
    <>
      <circle cx="12" cy="12" r="9" />
      <path d="M8 12.3l2.8 2.8L16 9.6" />
    </>
  ),
  pending: (
    <>
      <circle cx="12" cy="12" r="9" />
      <path d="M12 7v5l3.2 2" />
    </>
  ),
  firing: (
    <>
      <path class="fill" d="M12 3.2L22 20.5H2z" />
      <path class="cut" d="M12 9.5v5M12 17.2v.2" />
    </>
  ),
  unknown: (
    <>
      <circle cx="12" cy="12" r="9" stroke-dasharray="3 3" />
      <path d="M9.6 9.6a2.5 2.5 0 114 2c-1 .7-1.6 1.2-1.6 2.2M12 16.7v.2" />
    </>
  ),
  waiting: (
    <>
      <path d="M5.5 12h.1M12 12h.1M18.4 12h.1" />
    </>
  ),
  now: (
    <>
      <rect x="3" y="4" width="8" height="7" rx="1.5" />
      <rect x="13" y="4" width="8" height="7" rx="1.5" />
      <rect x="3" y="13" width="8" height="7" rx="1.5" />
      <rect x="13" y="13" width="8" height="7" rx="1.5" />
    </>
  ),
  events: <path d="M6 17V11a6 6 0 1112 0v6l1.5 2h-15zM10 21h4" />,
  rules: <path d="M5 5h14M5 10h14M5 15h9M5 20h5" />,
  cameras: (
    <>
      <rect x="2.5" y="6.5" width="13" height="11" rx="2" />
      <path d="M15.5 11l6-3.5v9l-6-3.5z" />
    </>
  ),
  system: (
    <>
      <rect x="5" y="5" width="14" height="14" rx="2" />
      <rect x="9.5" y="9.5" width="5" height="5" />
      <path d="M9 2v3M15 2v3M9 19v3M15 19v3M2 9h3M2 15h3M19 9h3M19 15h3" />
    </>
  ),
  account: (
    <>
      <circle cx="12" cy="8.5" r="4" />
      <path d="M4 20.5c1-4 4-6 8-6s7 2 8 6" />
    </>
  ),
  wrong: <path d="M6 6l12 12M18 6L6 18" />,
  right: <path d="M7 11v9H4v-9zM7 11l4-8c1.7 0 2.6 1.2 2.3 2.8L12.6 9H19a2 2 0 012 2.4l-1.3 7A2 2 0 0117.7 20H7" />,
  thumbDown: (
    <path d="M17 13V4h3v9zM17 13l-4 8c-1.7 0-2.6-1.2-2.3-2.8l.7-3.2H5a2 2 0 01-2-2.4l1.3-7A2 2 0 016.3 4H17" />
  ),
  back: <path d="M15 5l-7 7 7 7" />,
  warning: <path d="M12 4L21.5 20h-19zM12 10v4.5M12 17.3v.2" />,
  info: (
    <>
      <circle cx="12" cy="12" r="9" />
      <path d="M12 11v5.5M12 7.5v.2" />
    </>
  ),
  down: (
    <>
      <circle cx="12" cy="12" r="9" />
      <path d="M8.5 8.5l7 7M15.5 8.5l-7 7" />
    </>
  ),
  ask: <path d="M4 5h16v11H10l-5 4v-4H4zM8.5 10.5h7" />,
  silence: <path d="M6 17V11a6 6 0 019.5-4.9M18 12v5l1.5 2h-15L6 17M10 21h4M3.5 3.5l17 17" />,
  close: <path d="M6 6l12 12M18 6L6 18" />,
  plus: <path d="M12 5v14M5 12h14" />,
  filter: <path d="M4 6h16M7 12h10M10 18h4" />,
  noPicture: (
    <>
      <path d="M3 3l18 18" />
      <path d="M6.5 6.5H4.5a2 2 0 00-2 2v7a2 2 0 002 2h9a2 2 0 002-2M10 6.5h3.5a2 2 0 012 2V11l6-3.5v9" />
    </>
  ),
} satisfies Record<string, Child>;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class={`icon icon-${name}`} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      {PATHS[name]}
    </svg>
  );
}
