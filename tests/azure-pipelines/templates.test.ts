import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { describe, test } from 'node:test';
import { parse } from 'yaml';
import { ensemble, modulePath, noEnsemble, pwsh, root, Run, temporaryFolder } from './support';

interface Parameter { name: string; type?: string; default?: unknown }
interface Step { pwsh: string; name: string; displayName: string; workingDirectory?: string; env: Record<string, string> }
interface Template { parameters: Parameter[]; steps: (Step & Record<string, unknown>)[] }

const folder = path.join(root, 'build/azure-pipelines/templates');
const names = fs.readdirSync(folder).filter(name => name.endsWith('.yml'));
const load = (name: string): Template => parse(fs.readFileSync(path.join(folder, name), 'utf8')) as Template;

/** What Azure Pipelines makes of a template's expressions and macros, as far as these templates use them. */
function expand(template: Template, given: Record<string, unknown>): Step {
    const value = (name: string): unknown => {
        const parameter = template.parameters.find(one => one.name === name);
        assert.ok(parameter, `no parameter '${name}'`);
        assert.ok(Object.hasOwn(given, name) || parameter.default !== undefined, `'${name}' is required`);
        return given[name] ?? parameter.default;
    };
    const text = (one: unknown): string => typeof one === 'boolean' ? (one ? 'True' : 'False') : String(one);
    const fill = (source: string): string => source
        .replace(/\$\{\{ convertToJson\(parameters\.(\w+)\) \}\}/g, (_, name: string) => JSON.stringify(value(name), undefined, 2))
        .replace(/\$\{\{ parameters\.(\w+) \}\}/g, (_, name: string) => text(value(name)))
        .replaceAll('$(Agent.TempDirectory)', temporaryFolder('agent')).replaceAll('$(System.DefaultWorkingDirectory)', root).replaceAll('$(Build.ArtifactStagingDirectory)', temporaryFolder('staging'));
    const step = template.steps[0]!;
    return { ...step, env: Object.fromEntries(Object.entries(step.env).map(([key, one]) => [key, fill(one)])), ...(step.workingDirectory && { workingDirectory: fill(step.workingDirectory) }) };
}

async function run(name: string, given: Record<string, unknown>): Promise<Run & { code: number }> {
    const step = expand(load(name), { connectionString: ensemble, modulePath, ...given });
    const file = path.join(temporaryFolder('steps'), 'step.ps1');
    fs.writeFileSync(file, step.pwsh);
    // As PowerShell@2 runs it.
    const child = spawn('pwsh', ['-NoLogo', '-NoProfile', '-NonInteractive', '-Command', `. '${file}'`], { cwd: step.workingDirectory ?? root, env: { ...process.env, NO_COLOR: '1', ...step.env }, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', chunk => { output += chunk; });
    child.stderr.on('data', chunk => { output += chunk; });
    const code = await new Promise<number>(resolve => child.once('close', resolve));
    return Object.assign(new Run(output), { code });
}

test('There is a template for each task', () => {
    assert.deepEqual(names.sort(), ['backup-ensemble.yml', 'build-image.yml', 'publish-deployment.yml', 'set-config.yml', 'use-lock.yml']);
});

for (const name of names) {
    describe(name, () => {
        const template = load(name);

        test('Its parameters have types, and defaults of them', () => {
            for (const parameter of template.parameters) {
                assert.match(parameter.type ?? '', /^(string|boolean|number|object)$/, parameter.name);
                if (parameter.default !== undefined) assert.equal(typeof parameter.default, parameter.type, parameter.name);
            }
            assert.equal(new Set(template.parameters.map(one => one.name)).size, template.parameters.length);
        });

        test('Parameters go to the script by the environment only, and all of them are used', () => {
            const step = template.steps[0]!;
            assert.ok(!/\$\{\{|\$\(|\$\[/.test(step.pwsh), 'the script\'s text has an expression or a macro');
            const used = new Set([...JSON.stringify(template.steps).matchAll(/parameters\.(\w+)/g)].map(match => match[1]!));
            assert.deepEqual([...used].sort(), template.parameters.map(one => one.name).sort());
            for (const key of Object.keys(step.env)) assert.ok(step.pwsh.includes(`$env:${key}`), key);
            for (const [, key] of step.pwsh.matchAll(/\$env:(COORDPS_\w+)/g)) assert.ok(Object.hasOwn(step.env, key!) || key === 'COORDPS_FENCING_TOKEN', key);
        });

        test('Its script parses', { skip: noEnsemble }, async () => {
            await pwsh('$errors = $null; [void][Management.Automation.Language.Parser]::ParseInput($env:TEXT, [ref] $null, [ref] $errors); if ($errors) { throw $errors[0] }', { TEXT: template.steps[0]!.pwsh });
        });
    });
}

describe('For real', { skip: noEnsemble }, () => {
    const odd = '& | ; $(x) `n "d" \'s\' %PATH% $env:PATH ü 漢 \\';

    test('Under a lock', async () => {
        const ended = await run('use-lock.yml', { lockPath: '/locks/template', lockTimeout: '1m', scriptParameters: { Odd: odd },
            script: 'param($Odd) "odd $Odd"; "holders $(@(Get-CoordLock /locks/template).Count)"; pwsh -NoProfile -Command \'[Console]::Error.WriteLine("on stderr")\'; "went on"; exit 5' });
        assert.notEqual(ended.code, 0, ended.output);
        assert.ok(ended.output.includes(`odd ${odd}`), ended.output);
        assert.match(ended.output, /^holders 1$/m);
        assert.match(ended.output, /^went on$/m);
        assert.match(ended.variables.fencingToken!, /^\d+$/);
    });

    test('Settings', async () => {
        const settings = { db: { host: odd }, list: ['a', 'b'] };
        const ended = await run('set-config.yml', { path: '/template-config', settings });
        assert.equal(ended.code, 0, ended.output);
        assert.equal(ended.variables.changed, 'true');
        assert.equal(await pwsh('(Get-CoordConfig /template-config).db.host'), odd);
        assert.equal((await run('set-config.yml', { path: '/template-config', settings })).variables.changed, 'false');
    });

    test('A backup', async () => {
        const ended = await run('backup-ensemble.yml', {});
        assert.equal(ended.code, 0, ended.output);
        assert.ok(fs.existsSync(ended.variables.backupPath!));
    });

    test('A rollout, gated', { skip: process.env.COORDPS_TEST_KUBECONFIG && spawnSync('kubectl', ['version', '--client']).status === 0 ? false : 'COORDPS_TEST_KUBECONFIG is not set, or kubectl is missing' }, async () => {
        const namespace = `azure-template-${process.pid}`;
        const kubectl = (...args: string[]): unknown => spawnSync('kubectl', ['--kubeconfig', process.env.COORDPS_TEST_KUBECONFIG!, ...args]);
        kubectl('create', 'namespace', namespace);
        try {
            const given = { kubeConfig: process.env.COORDPS_TEST_KUBECONFIG, namespace, image: '127.0.0.1:1/app:1', name: 'app', replicas: 0, timeout: '30s' };
            const ungated = await run('publish-deployment.yml', { ...given, connectionString: '' });
            assert.equal(ungated.code, 0, ungated.output);
            assert.deepEqual(ungated.variables, { image: '127.0.0.1:1/app:1', revision: '1' });
            const gated = await run('publish-deployment.yml', { ...given, image: '127.0.0.1:1/app:2', lockPath: '/locks/template-rollout' });
            assert.equal(gated.code, 0, gated.output);
            assert.equal(gated.variables.revision, '2');
            const failed = await run('publish-deployment.yml', { ...given, connectionString: '', image: '127.0.0.1:1/app:3', replicas: 1, timeout: '3s', undoOnFailure: true });
            assert.notEqual(failed.code, 0, failed.output);
        } finally {
            kubectl('delete', 'namespace', namespace, '--wait=false');
        }
    });

    test('An error fails the step', async () => {
        const ended = await run('set-config.yml', { path: 'no/path', settings: { a: 1 } });
        assert.notEqual(ended.code, 0);
    });

    test('An image', { skip: process.env.COORDPS_TEST_DOCKER_HOST ? false : 'COORDPS_TEST_DOCKER_HOST is not set' }, async () => {
        const registry = process.env.COORDPS_TEST_REGISTRY ?? '127.0.0.1:5000';
        const repository = `${registry}/azure-template-${process.pid}`;
        const buildContext = temporaryFolder('template image');
        fs.writeFileSync(path.join(buildContext, 'Dockerfile'), `FROM ${registry}/busybox:1\nLABEL a=b\n`);
        process.env.DOCKER_HOST = process.env.COORDPS_TEST_DOCKER_HOST;
        const ended = await run('build-image.yml', { repository, tags: ['1', '2'], buildContext, labels: { odd } });
        assert.equal(ended.code, 0, ended.output);
        assert.match(ended.variables.image!, new RegExp(`^${repository}@sha256:`));
        await pwsh(`Remove-CoordImage ${repository}:1, ${repository}:2 -Force -Confirm:$false`);
    });
});
