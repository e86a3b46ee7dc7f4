/** What a coloured stretch of a rule's sentence was understood as. */
export const enSpan = {
  duration: 'how long',
  lookback: 'over how long',
  schedule: 'when',
  severity: 'how loud',
  cooldown: 'how often to tell',
  reminder: 'when to tell again',
  interval: 'how often to look',
  place: 'where',
  polarity: 'turned around',
  question: 'what to look for',
  ending: 'when it ends',
  times: 'how many times',
} as const;
