import * as fs from 'node:fs';
import * as path from 'node:path';
import * as tl from 'azure-pipelines-task-lib/task';
import { InputError, Inputs } from './inputs';
import { findPwsh, type Message, runPwsh } from './pwsh';
import { Scratch } from './scratch';

/** The oldest module that the tasks' scripts work with. */
export const minimumModuleVersion = '0.1.0';

export interface TaskDefinition {
    /** Where task.json and task.ps1 are. */
    directory: string;
    /** Lines that the script emits may be log commands: they are the user's own. */
    passLogCommands?: boolean;
    /** Reads the inputs and says what the script's parameters are. */
    read(inputs: Inputs, scratch: Scratch): Record<string, unknown>;
}

/** Runs a task, from its inputs to its result. */
export async function runTask(task: TaskDefinition): Promise<void> {
    const cancelled = new AbortController();
    const cancel = (): void => {
        if (!cancelled.signal.aborted) console.log('Canceled: stopping PowerShell.');
        cancelled.abort();
    };
    const signals: NodeJS.Signals[] = ['SIGINT', 'SIGTERM', ...(process.platform === 'win32' ? (['SIGBREAK'] as const) : [])];
    for (const signal of signals) process.on(signal, cancel);
    let scratch: Scratch | undefined;
    try {
        const inputs = new Inputs();
        scratch = new Scratch();
        const parameters = task.read(inputs, scratch);
        const pwsh = findPwsh(inputs);
        const modulePath = inputs.text('modulePath') ?? tl.getVariable('CoordPS.ModulePath');
        if (modulePath && !fs.existsSync(modulePath)) inputs.reject('modulePath', `there is no '${modulePath}'.`);
        inputs.check();

        const log = new Log(task.passLogCommands ?? false);
        const outcome = await runPwsh(pwsh, {
            script: path.join(task.directory, 'task.ps1'),
            parameters,
            scratch: scratch.folder,
            modulePath: modulePath || undefined,
            minimumVersion: minimumModuleVersion,
            verbose: tl.getVariable('System.Debug')?.toLowerCase() === 'true',
        }, cancelled.signal, message => log.write(message));

        if (cancelled.signal.aborted) tl.setResult(tl.TaskResult.Cancelled, 'Canceled.');
        else if (outcome.result === 'succeeded') tl.setResult(tl.TaskResult.Succeeded, '');
        else if (outcome.result === 'issues') tl.setResult(tl.TaskResult.SucceededWithIssues, '');
        else if (outcome.result === 'failed') complete(tl.TaskResult.Failed, log.lastError ?? 'The script failed.');
        else if (outcome.result === 'stopped') tl.setResult(tl.TaskResult.Failed, 'PowerShell was stopped from outside.');
        else
            tl.setResult(tl.TaskResult.Failed, `pwsh ended with ${outcome.signal ?? `exit code ${outcome.exitCode}`} before the script did. `
                + 'Its own words are above; CoordPS needs PowerShell 7.6 or later.');
    } catch (error) {
        if (!(error instanceof InputError)) {
            tl.setResult(tl.TaskResult.Failed, error instanceof Error ? error.message : String(error));
            if (error instanceof Error) tl.debug(error.stack ?? '');
        } else {
            for (const problem of error.message.split('\n')) tl.error(problem, tl.IssueSource.CustomerScript);
            complete(tl.TaskResult.Failed, 'The inputs are not valid.');
        }
    } finally {
        scratch?.remove();
        for (const signal of signals) process.off(signal, cancel);
    }
}

/** Sets the result where the error is logged already, so that it is not shown twice. */
function complete(result: tl.TaskResult, message: string): void {
    tl.command('task.complete', { result: tl.TaskResult[result] }, message);
}

/** Turns what PowerShell tells into lines and commands of the agent's log. */
class Log {
    lastError: string | undefined;
    private percent = -1;

    constructor(private readonly passLogCommands: boolean) {}

    write(message: Message): void {
        switch (message.type) {
            case 'output':
                console.log(this.passLogCommands ? message.text : defuse(message.text));
                break;
            case 'verbose':
                tl.debug(message.text);
                break;
            case 'warning':
                tl.warning(message.text, tl.IssueSource.CustomerScript);
                break;
            case 'error': {
                const text = `${message.id}: ${message.text}${message.action ? ` ${message.action}` : ''}`;
                this.lastError = text;
                tl.command('task.logissue', { type: 'error', code: message.id, source: tl.IssueSource.CustomerScript }, text);
                if (message.position) tl.debug(message.position);
                break;
            }
            case 'progress': {
                const percent = Math.min(100, Math.max(0, Math.round(message.percent)));
                if (percent !== this.percent) tl.setProgress((this.percent = percent), message.activity);
                break;
            }
            case 'variable':
                tl.setVariable(message.name, message.value, message.secret ?? false, true);
                break;
            case 'summary': {
                // It stays: the agent uploads it later, and removes its folder with the job.
                const folder = tl.getVariable('Agent.TempDirectory');
                if (!folder) break;
                const file = path.join(fs.mkdtempSync(path.join(folder, 'coordps-summary-')), 'CoordPS.md');
                fs.writeFileSync(file, message.text);
                tl.command('task.uploadsummary', {}, file);
                break;
            }
            case 'result':
                break;
        }
    }
}

/** A line that the agent shows instead of obeying: what a build or a container prints is not to set variables of the pipeline. */
function defuse(line: string): string {
    return line.replace(/##(?=vso\[|\[)/gi, '# #');
}
