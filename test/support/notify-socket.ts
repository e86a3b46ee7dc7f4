import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { until } from './until.ts';

/** Node cannot open a datagram unix socket; Perl is part of every Debian. One message a line, its line breaks as spaces. */
const LISTEN = `
use Socket; $| = 1;
socket(my $s, AF_UNIX, SOCK_DGRAM, 0) or die $!;
bind($s, pack_sockaddr_un($ARGV[0])) or die $!;
while (defined recv($s, my $m, 8192, 0)) { $m =~ s/\\n/ /g; print "$m\\n"; }
`;

/** A socket as systemd gives a service (sd_notify(3)): keeps what it is told, in order. */
export interface NotifySocket {
  readonly path: string;
  readonly messages: string[];
  stop(): void;
}

export async function openNotifySocket(path: string): Promise<NotifySocket> {
  const child = spawn('perl', ['-e', LISTEN, path], { stdio: ['ignore', 'pipe', 'inherit'] });
  const messages: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    // systemd-notify names the process it speaks for.
    messages.push(line.replace(/^MAINPID=\d+ /, '').trim());
  });
  await until(() => existsSync(path), 'the socket');
  return { path, messages, stop: () => void child.kill('SIGKILL') };
}
