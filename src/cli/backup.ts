import { restoreBackup, startFresh, writeBackup } from '../store/backup.ts';
import { noteAct } from './audit-note.ts';
import { type Command, EXIT_DONE, parseOptions, UsageError } from './command.ts';
import { DATA_HELP, DATA_OPTIONS, dataFolder } from './store-folder.ts';

export const backup: Command = {
  name: 'backup',
  summary: 'copy the database, and the pictures if wanted, also while Watchword runs',
  usage: 'watchword backup FILE [--pictures] [--data DIR | --config FILE] [--json]',
  details: `options:
  --pictures      copy the pictures and clips of its events as well, into the folder FILE.files beside it
${DATA_HELP}
  --json          one line of JSON: {"file","bytes","events"}, with --pictures {"files":{"pictures","clips","missing"}} too

The copy is opened and checked before it gets its name. It holds events, scores, users and undelivered alerts.`,
  async run(args, io) {
    const { values, positionals } = parseOptions(args, {
      ...DATA_OPTIONS,
      json: { type: 'boolean' },
      pictures: { type: 'boolean' },
    });
    const [file] = positionals;
    if (file === undefined || positionals.length > 1) throw new UsageError('a backup needs one file name');
    const dataDir = dataFolder(values);
    const report = await writeBackup({ dataDir, file, withFiles: values.pictures ?? false });
    noteAct(
      dataDir,
      io,
      { act: 'backup-written', about: report.file, detail: `${report.events} events` },
      { asItIs: true },
    );
    const { files } = report;
    const beside = files ? `; ${files.pictures} pictures and ${files.clips} clips in ${report.file}.files` : '';
    const text = `${report.file}: ${report.events} events, ${report.bytes} bytes, checked${beside}`;
    if (files && files.missing > 0) io.stderr(`${files.missing} pictures are gone from the data folder\n`);
    io.stdout(`${values.json ? JSON.stringify(report) : text}\n`);
    return EXIT_DONE;
  },
};

export const restore: Command = {
  name: 'restore',
  summary: 'put a backup in the place of the database, or begin with an empty one',
  usage: 'watchword restore FILE | --fresh [--data DIR | --config FILE] [--json]',
  details: `options:
  --fresh         no backup: begin with an empty database
${DATA_HELP}
  --json          one line of JSON: {"events","files","kept"}

Pictures and clips in FILE.files come back with it where they are missing. Stop Watchword first. The database that was there is kept beside the new one, under the name printed.`,
  async run(args, io) {
    const options = { ...DATA_OPTIONS, json: { type: 'boolean' }, fresh: { type: 'boolean' } } as const;
    const { values, positionals } = parseOptions(args, options);
    const [file] = positionals;
    if ((file === undefined) === !values.fresh || positionals.length > 1) {
      throw new UsageError('restore takes one backup, or --fresh');
    }
    const place = { dataDir: dataFolder(values), clock: io.clock };
    const { events, files, kept } =
      file === undefined ? { events: 0, files: 0, ...startFresh(place) } : restoreBackup({ ...place, file });
    const act = file === undefined ? 'database-begun' : 'database-restored';
    noteAct(place.dataDir, io, { act, about: file ?? '', detail: kept === null ? '' : `kept ${kept}` });
    if (values.json) io.stdout(`${JSON.stringify({ events, files, kept })}\n`);
    else
      io.stdout(
        `${file === undefined ? 'the next start begins with an empty database' : `${events} events${files > 0 ? `, ${files} pictures and clips` : ''} restored`}\n`,
      );
    if (kept !== null && !values.json) io.stderr(`The database that was there is kept as ${kept}\n`);
    return EXIT_DONE;
  },
};
