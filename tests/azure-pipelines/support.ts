import { spawn, type ChildProcess } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { MockTestRunner } from 'azure-pipelines-task-lib/mock-test';
import type { Message, Outcome, Request } from '../../build/azure-pipelines/common/pwsh';

/** The checkout; this file runs from build/azure-pipelines/.build/tests/azure-pipelines. */
export const root = path.resolve(__dirname, '../../../../..');
export const taskNames = ['CoordPSBackupEnsemble', 'CoordPSBuildImage', 'CoordPSPublishDeployment', 'CoordPSSetConfig', 'CoordPSUseLock'] as const;
export type TaskName = (typeof taskNames)[number];

export interface Scenario {
    task: TaskName;
    inputs: Record<string, string>;
    /** Variables and service connections as an agent passes them. */
    environment?: Record<string, string>;
    messages?: Message[];
    outcome?: Outcome;
    withoutPwsh?: boolean;
    realFindPwsh?: boolean;
    report: string;
}

/** A line that the agent obeys. */
export interface Command {
    name: string;
    properties: Record<string, string>;
    message: string;
}

/** What a run printed, and what the agent makes of it. */
export class Run {
    readonly commands: Command[];

    constructor(readonly output: string) {
        this.commands = output.split(/\r?\n/).flatMap(line => {
            const match = /^##vso\[(\S+?)(?: (.*?))?\](.*)$/.exec(line);
            if (!match) return [];
            const properties = Object.fromEntries((match[2] ?? '').split(';').filter(Boolean).map(pair => {
                const at = pair.indexOf('=');
                return [pair.slice(0, at).trim().toLowerCase(), unescape(pair.slice(at + 1))];
            }));
            return [{ name: match[1]!.toLowerCase().replace('task.issue', 'task.logissue'), properties, message: unescape(match[3]!) }];
        });
    }

    get result(): string | undefined {
        return this.commands.findLast(c => c.name === 'task.complete')?.properties.result;
    }

    issues(type: 'error' | 'warning'): string[] {
        return this.commands.filter(c => c.name === 'task.logissue' && c.properties.type === type).map(c => c.message);
    }

    get variables(): Record<string, string> {
        return Object.fromEntries(this.commands.filter(c => c.name === 'task.setvariable').map(c => [c.properties.variable!, c.message]));
    }

    get secrets(): string[] {
        return this.commands.filter(c => c.name === 'task.setsecret').map(c => c.message);
    }

    /**
     * What the agent shows, not masked by it: without the commands that name secrets, and without the library's echo of inputs, whose secrets
     * are those of variables that the agent knows.
     */
    get shown(): string {
        return this.output.split(/\r?\n/).filter(line => !/^##vso\[task\.(setsecret\]|debug\]\w+=)/.test(line)).join('\n');
    }
}

function unescape(text: string): string {
    return text.replace(/%0D/g, '\r').replace(/%0A/g, '\n').replace(/%3B/g, ';').replace(/%5D/g, ']').replace(/%AZP25/g, '%').replace(/%25/g, '%');
}

export interface MockRun extends Run {
    request?: Request;
    /** Files of the task's own folder that the request names, by path: their mode and what they hold. */
    files: Record<string, string>;
}

let temporary: string | undefined;

/** A folder that goes when the tests end. */
export function temporaryFolder(name: string): string {
    if (temporary === undefined) {
        const folder = (temporary = fs.mkdtempSync(path.join(os.tmpdir(), 'coordps-tests-')));
        process.on('exit', () => fs.rmSync(folder, { recursive: true, force: true }));
    }
    const folder = path.join(temporary, name);
    fs.mkdirSync(folder, { recursive: true });
    return folder;
}

/** Runs a task in the library's mock runner. */
export async function mockTask(task: TaskName, inputs: Record<string, string>, more: Omit<Scenario, 'task' | 'inputs' | 'report'> = {}): Promise<MockRun> {
    const agentTemp = agentFolder();
    const report = path.join(temporaryFolder('reports'), 'report.json');
    fs.rmSync(report, { force: true });
    const scenario: Scenario = {
        task, inputs, report, ...more,
        environment: { AGENT_TEMPDIRECTORY: agentTemp, SYSTEM_DEFAULTWORKINGDIRECTORY: root, BUILD_SOURCESDIRECTORY: root, ...more.environment },
    };
    process.env.MOCK_SCENARIO = JSON.stringify(scenario);
    const runner = new MockTestRunner(path.join(__dirname, 'mock-scenario.js'), path.join(root, 'build/azure-pipelines/tasks', task, 'task.json'));
    // This node: the runner would fetch another one.
    runner.nodePath = process.execPath;
    await runner.runAsync();
    const run = new Run(runner.stdout + runner.stderr) as MockRun;
    run.files = {};
    if (fs.existsSync(report)) Object.assign(run, JSON.parse(fs.readFileSync(report, 'utf8')));
    const left = leftBehind();
    if (left.length > 0) throw new Error(`the task left ${left.join(', ')} behind:\n${run.output}`);
    return run;
}

/** The folder of an agent that no other task has: an agent runs one at a time, and the library keeps a key there. */
function agentFolder(): string {
    return fs.mkdtempSync(path.join(temporaryFolder('agents'), 'agent-'));
}

/** What tasks left in their agents' folders but what they have to: a summary, which the agent uploads later, and the library's own key. */
export function leftBehind(): string[] {
    const agents = temporaryFolder('agents');
    return fs.readdirSync(agents).flatMap(agent => fs.readdirSync(path.join(agents, agent)))
        .filter(name => !name.startsWith('coordps-summary-') && name !== '.taskkey');
}

/** A service connection as the agent passes it to a task. */
export function endpoint(id: string, url: string, scheme: string, parameters: Record<string, string>, data: Record<string, string> = {}): Record<string, string> {
    const environment: Record<string, string> = {
        [`ENDPOINT_URL_${id}`]: url,
        [`ENDPOINT_AUTH_${id}`]: JSON.stringify({ scheme, parameters }),
        [`ENDPOINT_AUTH_SCHEME_${id}`]: scheme,
        [`ENDPOINT_DATA_${id}`]: JSON.stringify(data),
    };
    for (const [key, value] of Object.entries(parameters)) environment[`ENDPOINT_AUTH_PARAMETER_${id}_${key.toUpperCase()}`] = value;
    for (const [key, value] of Object.entries(data)) environment[`ENDPOINT_DATA_${id}_${key.toUpperCase()}`] = value;
    return environment;
}

export const modulePath = process.env.COORDPS_TEST_MODULE;
export const ensemble = process.env.COORDPS_TEST_CONNECTION;
export const extension = process.env.COORDPS_TEST_EXTENSION;

/** Why a test that needs a real ensemble can't run; false when it can. */
export const noEnsemble = ensemble && modulePath && extension ? false : process.env.COORDPS_TEST_SKIP ?? 'no ensemble; run tests/azure-pipelines/run.sh';

export interface RealRun {
    child: ChildProcess;
    /** Resolves when a line that begins with this text was printed. */
    printed(text: string): Promise<void>;
    end: Promise<Run>;
}

/** Runs a task of the packed extension as an agent does: node, with inputs in the environment. */
export function startTask(task: TaskName, inputs: Record<string, string>, environment: Record<string, string> = {}): RealRun {
    // The agent is told to be patient: on a busy machine a script that is canceled takes longer to stop than it has by default.
    const env: NodeJS.ProcessEnv = { ...process.env, AGENT_TEMPDIRECTORY: agentFolder(), SYSTEM_DEFAULTWORKINGDIRECTORY: root, PROCESS_SIGINT_TIMEOUT: '30000', ...environment };
    for (const [name, value] of Object.entries({ modulePath: modulePath!, ...inputs })) env[`INPUT_${name.toUpperCase()}`] = value;
    const child = spawn(process.execPath, [path.join(extension!, 'tasks', task, 'index.js')], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const waiting: { text: string; resolve: () => void; reject: (error: Error) => void }[] = [];
    const add = (chunk: Buffer): void => {
        output += chunk.toString('utf8');
        for (const one of waiting) if (has(one.text)) one.resolve();
    };
    const has = (text: string): boolean => `\n${output}`.includes(`\n${text}`);
    child.stdout.on('data', add);
    child.stderr.on('data', add);
    const end = new Promise<Run>((resolve, reject) => {
        child.once('error', reject);
        child.once('close', () => {
            for (const one of waiting) if (!has(one.text)) one.reject(new Error(`'${one.text}' was never printed:\n${output}`));
            resolve(new Run(output));
        });
    });
    return {
        child, end,
        printed: text => has(text) ? Promise.resolve() : new Promise<void>((resolve, reject) => waiting.push({ text, resolve, reject })),
    };
}

export async function runTask(task: TaskName, inputs: Record<string, string>, environment: Record<string, string> = {}): Promise<Run> {
    return startTask(task, inputs, environment).end;
}

/** Waits for what another process does. */
export async function eventually(condition: () => boolean): Promise<void> {
    for (const until = Date.now() + 30_000; !condition(); await new Promise(resolve => setTimeout(resolve, 50)))
        if (Date.now() > until) throw new Error(`it never came true: ${condition}`);
}

/** Runs a script in pwsh with the module loaded; what it prints, without the space around it. */
export async function pwsh(script: string, environment: Record<string, string> = {}): Promise<string> {
    const child = spawn('pwsh', ['-NoProfile', '-NonInteractive', '-Command', `$ErrorActionPreference = 'Stop'; Import-Module $env:COORDPS_TEST_MODULE; $session = Connect-Coord $env:COORDPS_TEST_CONNECTION -NoDrive; ${script}`],
        { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, NO_COLOR: '1', ...environment } });
    let output = '';
    child.stdout.on('data', chunk => { output += chunk; });
    child.stderr.on('data', chunk => { output += chunk; });
    const code = await new Promise(resolve => child.once('close', resolve));
    if (code !== 0) throw new Error(`pwsh ended with ${code}:\n${output}`);
    return output.trim();
}
