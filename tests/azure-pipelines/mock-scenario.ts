// Runs one task in the task library's mock runner, as MOCK_SCENARIO says. PowerShell is not started: what it would be asked is printed.
import * as fs from 'node:fs';
import * as path from 'node:path';
import { TaskMockRunner } from 'azure-pipelines-task-lib/mock-run';
import type { Message, Outcome, Request } from '../../build/azure-pipelines/common/pwsh';
import type { Scenario } from './support';

const scenario = JSON.parse(process.env.MOCK_SCENARIO ?? '') as Scenario;
const folder = path.join(__dirname, '../../build/azure-pipelines');
const runner = new TaskMockRunner(path.join(folder, 'tasks', scenario.task, 'index.js'));
for (const [name, value] of Object.entries(scenario.inputs)) runner.setInput(name, value);
for (const [name, value] of Object.entries(scenario.environment ?? {})) process.env[name] = value;

if (scenario.withoutPwsh) {
    // The library's own answers: nothing is on the PATH.
    runner.setAnswers({ which: { pwsh: '' } });
    runner.registerMockExport('IssueSource', { CustomerScript: 'CustomerScript', TaskInternal: 'TaskInternal' });
    runner.run();
} else {
    const real = require(path.join(folder, 'common/pwsh')) as typeof import('../../build/azure-pipelines/common/pwsh');
    const runPwsh = async (_: string, request: Request, __: AbortSignal, onMessage: (message: Message) => void): Promise<Outcome> => {
        const files: Record<string, string> = {};
        const look = (value: unknown): void => {
            if (typeof value === 'string' && value.startsWith(process.env.AGENT_TEMPDIRECTORY!)) {
                const file = fs.statSync(value).isDirectory() ? path.join(value, 'config.json') : value;
                files[value] = `${(fs.statSync(file).mode & 0o777).toString(8)} ${fs.readFileSync(file, 'utf8')}`;
            } else if (typeof value === 'object' && value !== null) Object.values(value).forEach(look);
        };
        look(request.parameters);
        fs.writeFileSync(scenario.report, JSON.stringify({ request, files }));
        for (const message of scenario.messages ?? []) onMessage(message);
        return scenario.outcome ?? { result: 'succeeded', exitCode: 0, signal: null };
    };
    runner.registerMock('./pwsh', { ...real, findPwsh: scenario.realFindPwsh ? real.findPwsh : () => 'pwsh', runPwsh });
    runner.run(true);
}
