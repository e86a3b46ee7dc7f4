import type { Messages } from './en.ts';

/** 系统页面与人员的文字。 */
export const zhCnSystem: Messages['system'] = {
  title: '系统',
  parts: '运行状况',
  cause: '原因',
  since: '自',
  noParts: '还没有部分报告状况。',
  model: '模型',
  noModel: '没有加载模型。',
  name: '名称',
  dtype: '精度',
  device: '运行于',
  weights: '权重',
  run: '本次运行',
  version: '版本',
  started: '启动',
  node: 'Node',
  runId: '运行编号',
  timeZone: '时区',
  time: '本机时间',
  live: '打开的实时页面',
  people: '人员',
  api: 'API 说明',
};

export const zhCnPeople: Messages['people'] = {
  add: '添加人员',
  name: '名称',
  role: '角色',
  password: '密码',
  passwordHint: '至少 10 个字符；几个词连在一起容易记住。',
  addButton: '添加',
  remove: '移除',
  you: '您',
  created: '自',
};
