import type { Messages } from './en.ts';

export const zhCnAsk: Messages['ask'] = {
  title: '提问',
  hint: '用英文就一张画面提问。摄像头的规则优先，回答可能需要稍等。',
  picture: '哪张画面？',
  ofEvent: (camera) => `作出判断的画面，${camera}`,
  otherPicture: '改为询问摄像头',
  noPictures: '还没有摄像头有画面。',
  question: '您的问题',
  placeholder: 'What do you see?',
  ask: '提问',
  suggestOne: 'What do you see?',
  suggestTwo: 'Is anybody there?',
  suggestThree: 'Is anything blocking the way?',
  asking: '正在询问模型…',
  sure: '对“是”的把握',
  noAnswer: '模型没有给出文字。',
  failed: '没有回答',
  lost: '连接中断，请重试。',
  noneYet: '回答会显示在这里。',
  answers: '回答',
  askAbout: '就此画面提问',
};
