import type { Messages } from './en.ts';

/** 规则句子中带颜色的部分是什么意思。 */
export const zhCnSpan: Messages['span'] = {
  duration: '多久',
  lookback: '看多长时间',
  schedule: '何时',
  severity: '级别',
  cooldown: '多久提醒一次',
  reminder: '再次提醒',
  interval: '多久看一次',
  place: '哪里',
  polarity: '取反',
  question: '找什么',
  ending: '何时结束',
  times: '多少次',
};
