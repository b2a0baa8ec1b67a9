import { spawn } from 'node:child_process';
import { randomBytes, timingSafeEqual } from 'node:crypto';
import * as fs from 'node:fs';
import * as net from 'node:net';
import * as os from 'node:os';
import * as path from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import * as tl from 'azure-pipelines-task-lib/task';
import { Inputs } from './inputs';

/** What PowerShell is asked to run. It goes through a pipe: never through a command line, the environment or a file. */
export interface Request {
    /** The task's script. */
    script: string;
    parameters: Record<string, unknown>;
    /** The task's own folder, to be removed at the end. */
    scratch: string;
    /** Folder or manifest of the module; by its name where there is none. */
    modulePath?: string | undefined;
    minimumVersion: string;
    verbose: boolean;
}

/** What PowerShell tells while it runs, in order. */
export type Message =
    | { type: 'output' | 'warning' | 'verbose'; text: string }
    | { type: 'error'; text: string; id: string; action?: string; position?: string }
    | { type: 'progress'; activity: string; percent: number }
    | { type: 'variable'; name: string; value: string; secret?: boolean }
    | { type: 'summary'; text: string }
    | { type: 'result'; outcome: 'succeeded' | 'issues' | 'failed' | 'stopped' };

export interface Outcome {
    /** What the script ended with; nothing when pwsh ended before it could say so. */
    result?: 'succeeded' | 'issues' | 'failed' | 'stopped';
    exitCode: number | null;
    signal: NodeJS.Signals | null;
}

/** How long a script may take to stop: a second less than the agent waits after SIGINT, before it sends SIGTERM and kills 2.5 seconds later. */
function patience(): number {
    const given = Number(process.env.PROCESS_SIGINT_TIMEOUT);
    return (given > 2000 ? given : 7500) - 1000;
}

/** The arguments of pwsh. They hold nothing that a user gave but the path that the agent runs the task from. */
export function pwshArguments(platform: NodeJS.Platform, runner: string, channel: string): string[] {
    const policy = platform === 'win32' ? ['-ExecutionPolicy', 'Bypass'] : [];
    return ['-NoLogo', '-NoProfile', '-NonInteractive', ...policy, '-File', runner, '-Channel', channel];
}

/** The name of a pipe as node listens on it and as .NET connects to it, and the folder to remove with it. */
export function channelNames(platform: NodeJS.Platform): { listen: string; connect: string; folder?: string } {
    const name = `coordps-${randomBytes(16).toString('hex')}`;
    if (platform === 'win32') return { listen: `\\\\.\\pipe\\${name}`, connect: name };
    // Not below Agent.TempDirectory: a socket's path has room for about a hundred characters.
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'coordps-'));
    const socket = path.join(folder, 's');
    return { listen: socket, connect: socket, folder };
}

/** Where pwsh is: the input `pwshPath`, or on the PATH. */
export function findPwsh(inputs: Inputs): string {
    const given = inputs.text('pwshPath');
    const found = given ?? tl.which('pwsh', false);
    if (!found) inputs.reject('pwshPath', 'pwsh is not on the PATH of this agent. Install PowerShell 7.6 or later, or say where it is.');
    else if (given && !fs.statSync(given, { throwIfNoEntry: false })?.isFile()) inputs.reject('pwshPath', `there is no file '${given}'.`);
    // Batch files are run by a shell, with rules of quoting of its own.
    else if (/\.(cmd|bat)$/i.test(found)) inputs.reject('pwshPath', `'${found}' is a batch file; name pwsh.exe itself.`);
    return found;
}

/**
 * Runs a script in pwsh and passes on what it tells. When `signal` fires the script is stopped as Ctrl+C stops it, so that it gives back its
 * locks; it is killed only if it takes too long. If this process dies, the pipe breaks and the script is stopped too.
 */
export async function runPwsh(pwsh: string, request: Request, signal: AbortSignal, onMessage: (message: Message) => void): Promise<Outcome> {
    const names = channelNames(process.platform);
    const token = randomBytes(32).toString('hex');
    let result: Outcome['result'];
    let channel: net.Socket | undefined;
    const server = net.createServer(socket => {
        let trusted = false;
        socket.on('error', error => tl.debug(`pipe: ${error.message}`));
        readLines(socket, line => {
            if (!trusted) {
                // On Windows a pipe can be opened by others; who does not know the token is told nothing.
                trusted = channel === undefined && sameText(line, token);
                if (!trusted) {
                    socket.destroy();
                    return;
                }
                channel = socket;
                socket.write(`${JSON.stringify(request)}\n`);
                if (signal.aborted) socket.write('stop\n');
                return;
            }
            const message = JSON.parse(line) as Message;
            if (message.type === 'result') result = message.outcome;
            onMessage(message);
        });
    });
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(names.listen, resolve));

    let killer: NodeJS.Timeout | undefined;
    try {
        const runner = path.join(__dirname, 'runner.ps1');
        const child = spawn(pwsh, pwshArguments(process.platform, runner, names.connect), {
            // No shell, and no console of its own: on Windows Ctrl+C reaches it through the task's.
            shell: false,
            windowsHide: false,
            stdio: ['ignore', 'pipe', 'pipe'],
            env: { ...process.env, COORDPS_TASK_TOKEN: token, POWERSHELL_TELEMETRY_OPTOUT: '1', NO_COLOR: '1' },
        });
        const stop = (): void => {
            channel?.write('stop\n');
            killer ??= setTimeout(() => child.kill('SIGKILL'), patience());
        };
        signal.addEventListener('abort', stop, { once: true });
        if (signal.aborted) stop();
        readLines(child.stdout, text => onMessage({ type: 'output', text }));
        readLines(child.stderr, text => onMessage({ type: 'output', text }));
        const [exitCode, exitSignal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
            child.once('error', reject);
            child.once('close', (code, by) => resolve([code, by]));
            // What the script left running in the background has its output too, and would keep the task waiting.
            child.once('exit', (code, by) => setTimeout(() => resolve([code, by]), 2000).unref());
        });
        child.stdout.destroy();
        child.stderr.destroy();
        signal.removeEventListener('abort', stop);
        // What it wrote last may still be in the pipe.
        if (channel && !channel.closed) await new Promise(resolve => channel!.once('close', resolve));
        return { ...(result && { result }), exitCode, signal: exitSignal };
    } finally {
        clearTimeout(killer);
        channel?.destroy();
        server.close();
        if (names.folder) fs.rmSync(names.folder, { recursive: true, force: true });
    }
}

function sameText(left: string, right: string): boolean {
    const [a, b] = [Buffer.from(left), Buffer.from(right)];
    return a.length === b.length && timingSafeEqual(a, b);
}

function readLines(stream: NodeJS.ReadableStream, onLine: (line: string) => void): void {
    const decoder = new StringDecoder('utf8');
    let rest = '';
    stream.on('data', (chunk: Buffer) => {
        const lines = (rest + decoder.write(chunk)).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) onLine(line.replace(/\r$/, ''));
    });
    stream.on('end', () => {
        rest += decoder.end();
        if (rest !== '') onLine(rest);
    });
}
