import type { FirstRun, FirstRunState } from '../../src/web/first-run.ts';

/** A fresh box being set up: its steps are done when they are saved. */
export class MemoryFirstRun implements FirstRun {
  done: FirstRunState['done'] = { password: false, site: false, camera: false, rule: false, alert: false };
  isOver = false;

  state(): FirstRunState | undefined {
    if (this.isOver) return undefined;
    const eventsTopic = 'watchword/demo/events';
    return { done: this.done, isDemo: true, knowsDemoOnly: true, ruleId: undefined, eventsTopic };
  }

  async saveSite(): Promise<void> {
    this.done = { ...this.done, site: true };
  }

  keepDemo(): void {
    this.done = { ...this.done, camera: true };
  }

  async addCamera(): Promise<{ restarts: boolean }> {
    this.keepDemo();
    return { restarts: true };
  }

  ruleSaved(): void {
    this.done = { ...this.done, rule: true };
  }

  finish(): void {
    this.isOver = true;
  }
}
