import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { compile, context } from './box.ts';
import { marked, meaning, readTable, unmarked } from './notation.ts';

const fixture = (name: string) =>
  readTable(readFileSync(new URL(`../fixtures/rules/${name}`, import.meta.url), 'utf8'));
const understood = fixture('sentences.txt');
const refused = fixture('refused.txt');

describe('sentences that the box understands', () => {
  it('are at least 150 in the table', () => {
    expect(understood.length).toBeGreaterThanOrEqual(150);
  });

  it.each(understood)('$marked (line $line)', (entry) => {
    const words = unmarked(entry.marked);
    const compiled = compile(words);
    expect({ marked: marked(words, compiled), meaning: meaning(words, compiled) }).toEqual({
      marked: entry.marked,
      meaning: entry.meaning,
    });
    expect(compiled.rule).toBeDefined();
  });
});

describe('sentences that are refused or doubted', () => {
  it('are at least 40 in the table', () => {
    expect(refused.length).toBeGreaterThanOrEqual(40);
  });

  it.each(refused)('$marked (line $line)', (entry) => {
    const words = unmarked(entry.marked);
    const compiled = compile(words);
    expect({ marked: marked(words, compiled), meaning: meaning(words, compiled) }).toEqual({
      marked: entry.marked,
      meaning: entry.meaning,
    });
    expect(compiled.errors.length + compiled.warnings.length).toBeGreaterThan(0);
    expect(compiled.rule === undefined).toBe(compiled.errors.length > 0);
  });

  it('say what to do, in a sentence of their own', () => {
    for (const entry of refused) {
      const { errors, warnings } = compile(unmarked(entry.marked));
      for (const { message } of [...errors, ...warnings]) expect(message.length, entry.marked).toBeGreaterThan(30);
    }
  });
});

describe('the question form of the model package', () => {
  it('turns the same sentence into a statement for models that judge statements', () => {
    const stating = { ...context, questionForm: 'statement' as const };
    const stated = (words: string) => compile(words, {}, ['*'], stating).rule?.question;
    expect(stated('Alert me when a shelf is empty for 5 minutes')).toBe('A shelf is empty.');
    expect(stated('Alert me when there is no forklift')).toBe('There is a forklift.');
    expect(stated('Alert me when the shelf needs restocking')).toBe('The shelf needs restocking.');
    expect(stated('Alert me when boxes block the exit')).toBe('Boxes are blocking the exit.');
  });
});
