// The tasks of the packed extension, run as an agent runs them, with pwsh, the module and an ensemble.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as net from 'node:net';
import * as path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { endpoint, ensemble, eventually, leftBehind, modulePath, noEnsemble, pwsh, type Run, runTask, startTask, temporaryFolder } from './support';

const connectionString = ensemble ?? '';
const underLock = (script: string, more: Record<string, string> = {}): Record<string, string> => ({ connectionString, lockPath: '/locks/azure', script, ...more });
const holders = (): Promise<string> => pwsh('@(Get-CoordLock /locks/azure).Count');

describe('A script under a lock', { skip: noEnsemble }, () => {
    test('It has the lock, its output streams by, and its values arrive as they were given', async () => {
        const values = { Plain: 'a b', Odd: '& | ; $(x) `n "d" \'s\' %PATH% $env:PATH ü 漢 ^ ! \\', Empty: '' };
        const run = await runTask('CoordPSUseLock', underLock(`param($Plain, $Odd, $Empty, [switch] $Quiet)
            ConvertTo-Json $PSBoundParameters -Compress -EscapeHandling EscapeNonAscii | ForEach-Object { "values $_" }
            "token $env:COORDPS_FENCING_TOKEN"
            "holders $(@(Get-CoordLock /locks/azure).Count)"
            Get-Item $PSCommandPath | Select-Object Extension
            Write-Host 'to the host'
            Write-Warning 'careful'
            '##vso[task.setvariable variable=mine]yes'`, { scriptParameters: [...Object.entries(values).map(([k, v]) => `${k}=${v}`), 'Quiet=true'].join('\n') }));
        assert.equal(run.result, 'Succeeded', run.output);
        const { Quiet, ...got } = JSON.parse(/^values (.*)$/m.exec(run.output)![1]!) as Record<string, unknown>;
        assert.deepEqual(got, values);
        assert.deepEqual(Quiet, { IsPresent: true });
        assert.match(run.output, new RegExp(`^token ${run.variables.fencingToken}$`, 'm'));
        assert.match(run.output, /^holders 1$/m);
        assert.match(run.output, /^\.ps1$/m);
        assert.match(run.output, /^to the host$/m);
        assert.deepEqual(run.issues('warning'), ['careful']);
        assert.equal(run.variables.mine, 'yes');
        assert.equal(await holders(), '0');
    });

    test('Two at once: one after the other', async () => {
        const log = path.join(temporaryFolder('two'), 'log');
        const script = `Add-Content '${log}' 'in'; Start-Sleep -Milliseconds 300; Add-Content '${log}' 'out'`;
        const runs = await Promise.all([runTask('CoordPSUseLock', underLock(script)), runTask('CoordPSUseLock', underLock(script))]);
        for (const run of runs) assert.equal(run.result, 'Succeeded', run.output);
        assert.deepEqual(fs.readFileSync(log, 'utf8').trim().split('\n'), ['in', 'out', 'in', 'out']);
    });

    test('Progress, programs that write to standard error, and the exit code', async () => {
        const run = await runTask('CoordPSUseLock', underLock(`Write-Progress Working -PercentComplete 40; Start-Sleep -Milliseconds 1200
            & pwsh -NoProfile -Command '[Console]::Error.WriteLine("told on stderr"); "told on stdout"; exit 3'; "code $LASTEXITCODE"; exit $LASTEXITCODE`));
        assert.equal(run.result, 'Failed', run.output);
        assert.ok(run.commands.some(c => c.name === 'task.setprogress' && c.properties.value === '40' && c.message === 'Working'), run.output);
        assert.match(run.output, /^told on stderr$/m);
        assert.match(run.output, /^told on stdout$/m);
        assert.match(run.output, /^code 3$/m);
        assert.match(run.issues('error').join('\n'), /ScriptExitCode: .*exit code 3/);
        assert.equal((await runTask('CoordPSUseLock', underLock('exit 3', { ignoreLastExitCode: 'true' }))).result, 'Succeeded');
    });

    test('An error of a cmdlet tells its id and what to do, and ends the script', async () => {
        const run = await runTask('CoordPSUseLock', underLock('Get-ZNode /no/such/znode; "went on"'), { SYSTEM_DEBUG: 'true' });
        assert.equal(run.result, 'Failed', run.output);
        const issue = run.commands.find(c => c.name === 'task.logissue')!;
        assert.equal(issue.properties.code, 'NoNode');
        assert.match(issue.message, /\/no\/such\/znode.*New-ZNode -Parents/);
        assert.ok(!/^went on$/m.test(run.output));
        assert.match(run.output, /##vso\[task\.debug\]CoordPS \d/);
    });

    test('With Continue the script goes on, and the task has issues', async () => {
        const run = await runTask('CoordPSUseLock', underLock('Get-ZNode /no/such/znode; "went on"', { errorActionPreference: 'continue' }));
        assert.equal(run.result, 'SucceededWithIssues', run.output);
        assert.match(run.output, /^went on$/m);
    });

    test('What the script leaves running in the background does not keep the task', async () => {
        const since = Date.now();
        const run = await runTask('CoordPSUseLock', underLock('$left = Start-Process pwsh "-NoProfile", "-Command", "Start-Sleep 120" -PassThru; "left $($left.Id)"'));
        assert.equal(run.result, 'Succeeded', run.output);
        assert.ok(Date.now() - since < 60_000);
        process.kill(Number(/^left (\d+)$/m.exec(run.output)![1]));
    });

    test('A script that does not parse fails with the place', async () => {
        const run = await runTask('CoordPSUseLock', underLock('if ('));
        assert.equal(run.result, 'Failed', run.output);
    });

    test('A lock that others hold: the timeout, and who holds it', async () => {
        const holder = startTask('CoordPSUseLock', underLock('"it is mine"; Start-Sleep 180'));
        await holder.printed('it is mine');
        const run = await runTask('CoordPSUseLock', underLock('"never"', { lockTimeout: '0' }));
        assert.equal(run.result, 'Failed', run.output);
        assert.equal(run.commands.find(c => c.name === 'task.logissue')!.properties.code, 'LockTimeout', run.output);
        assert.ok(!/^never$/m.test(run.output));
        holder.child.kill('SIGINT');
        assert.equal((await holder.end).result, 'Cancelled');
    });

    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
        test(`Canceled by ${signal}: the script is stopped, its finally runs, the lock is free and nothing is left`, async () => {
            const mark = path.join(temporaryFolder('marks'), signal);
            const run = startTask('CoordPSUseLock', underLock(`try { "started"; Start-Sleep 60; "never" } finally { Set-Content '${mark}' done }`));
            await run.printed('started');
            run.child.kill(signal);
            const ended = await run.end;
            assert.equal(ended.result, 'Cancelled', ended.output);
            assert.ok(!/^never$/m.test(ended.output));
            assert.equal(fs.readFileSync(mark, 'utf8').trim(), 'done');
            assert.equal(await holders(), '0');
            assert.deepEqual(leftBehind(), []);
        });
    }

    test('Canceled while it waits for the lock', async () => {
        const holder = startTask('CoordPSUseLock', underLock('"it is mine"; Start-Sleep 180'));
        await holder.printed('it is mine');
        const waiter = startTask('CoordPSUseLock', underLock('"never"'));
        await waiter.printed('Waiting for');
        waiter.child.kill('SIGINT');
        assert.equal((await waiter.end).result, 'Cancelled');
        assert.equal(await holders(), '1');
        holder.child.kill('SIGINT');
        await holder.end;
    });

    test('When the task itself is killed the script is stopped all the same, and nothing is left', async () => {
        const mark = path.join(temporaryFolder('marks'), 'SIGKILL');
        const run = startTask('CoordPSUseLock', underLock(`try { "started"; Start-Sleep 60 } finally { Set-Content '${mark}' done }`));
        await run.printed('started');
        run.child.kill('SIGKILL');
        await run.end;
        await eventually(() => fs.existsSync(mark) && fs.readFileSync(mark, 'utf8').trim() === 'done');
        await pwsh('Use-CoordLock /locks/azure { } -Timeout 30s');
        await eventually(() => leftBehind().length === 0);
    });

    test('The lock is lost: the script is stopped and the task fails', async () => {
        // Through a relay that is cut in the middle.
        const sockets = new Set<net.Socket>();
        const [host, port] = connectionString.split(',')[0]!.split(':');
        const relay = net.createServer(client => {
            const server = net.connect(Number(port), host!);
            for (const [one, other] of [[client, server], [server, client]] as const) {
                sockets.add(one);
                one.on('error', () => other.destroy());
                one.on('close', () => other.destroy());
                one.pipe(other);
            }
        });
        await new Promise<void>(resolve => relay.listen(0, '127.0.0.1', resolve));
        const address = `127.0.0.1:${(relay.address() as net.AddressInfo).port}`;
        const run = startTask('CoordPSUseLock', underLock('"started"; Start-Sleep 60; "never"', { connectionString: address, sessionTimeout: '5s' }));
        await run.printed('started');
        relay.close();
        for (const socket of sockets) socket.destroy();
        const ended = await run.end;
        assert.equal(ended.result, 'Failed', ended.output);
        assert.equal(ended.commands.find(c => c.name === 'task.logissue')!.properties.code, 'LockLost', ended.output);
        assert.ok(!/^never$/m.test(ended.output));
    });

    test('A password opens what is closed to others, and is never shown', async () => {
        const password = 'pa55word & "more" %x%';
        const run = await runTask('CoordPSUseLock', { lockPath: '/locks/azure', ensembleSource: 'serviceConnection', ensembleConnection: 'zk',
            script: 'New-ZNode /azure-mine kept; Set-ZNodeAcl /azure-mine "auth::cdrwa"; "acl $((Get-ZNodeAcl /azure-mine).Id -like "deploy:*")"' },
            { SYSTEM_DEBUG: 'true', ...endpoint('zk', 'https://zookeeper.invalid/', 'UsernamePassword', { username: 'deploy', password }, { connectionString }) });
        assert.equal(run.result, 'Succeeded', run.output);
        assert.ok(run.secrets.includes(password));
        assert.ok(!run.shown.includes('pa55word'), run.output);
        assert.match(await pwsh('try { Get-ZNode /azure-mine } catch { $_.FullyQualifiedErrorId }'), /^NoAuth/);
    });
});

describe('Settings', { skip: noEnsemble }, () => {
    test('By name: what changed is told, without the values; the second time nothing changes', async () => {
        const inputs = { connectionString, path: '/azure-config', settings: 'db/host=db1\nmotd= a "b" & c %d% é' };
        const run = await runTask('CoordPSSetConfig', inputs);
        assert.equal(run.result, 'Succeeded', run.output);
        assert.match(run.output, /^Add \/azure-config\/db\/host$/m);
        assert.ok(!/^.*db1.*$/m.test(run.shown), run.shown);
        assert.equal(run.variables.changed, 'true');
        assert.equal(await pwsh('$c = Get-CoordConfig /azure-config; "$($c.db.host)|$($c.motd)"'), 'db1| a "b" & c %d% é');
        const again = await runTask('CoordPSSetConfig', inputs);
        assert.deepEqual([again.variables.changed, again.variables.changeCount], ['false', '0']);
    });

    test('Inline and pruned; from a file whose path has spaces and brackets', async () => {
        const run = await runTask('CoordPSSetConfig', { connectionString, path: '/azure-config', source: 'inline', format: 'yaml', content: 'db: { host: db2 }', prune: 'true', showValues: 'true' });
        assert.equal(run.result, 'Succeeded', run.output);
        assert.match(run.output, /db\/host = db2 \(was db1\)/);
        assert.match(run.output, /motd/);
        const filePath = path.join(temporaryFolder('with [brackets] & more'), "it's.json");
        fs.writeFileSync(filePath, '{"db":{"host":"db3"}}');
        assert.equal((await runTask('CoordPSSetConfig', { connectionString, path: '/azure-config', source: 'file', filePath })).result, 'Succeeded');
        assert.equal(await pwsh('(Get-CoordConfig /azure-config).db.host'), 'db3');
    });

    test('A value and settings below it are a conflict; nothing is changed', async () => {
        const run = await runTask('CoordPSSetConfig', { connectionString, path: '/azure-config', settings: 'db=x\ndb/host=y' });
        assert.equal(run.result, 'Failed', run.output);
        assert.match(run.issues('error')[0]!, /SettingConflict/);
    });

    test('An ensemble that is not there', async () => {
        const run = await runTask('CoordPSSetConfig', { connectionString: '127.0.0.1:1', path: '/x', settings: 'a=1' });
        assert.equal(run.result, 'Failed', run.output);
        assert.match(run.issues('error')[0]!, /127\.0\.0\.1:1/);
    });
});

describe('Backups', { skip: noEnsemble }, () => {
    test('Of the ensemble while it serves, twice into one folder', async () => {
        const backupPath = path.join(temporaryFolder('backups'), 'of the [ensemble]');
        const run = await runTask('CoordPSBackupEnsemble', { connectionString, backupPath });
        assert.equal(run.result, 'Succeeded', run.output);
        assert.equal(run.variables.backupPath, backupPath);
        assert.match(run.variables.zxid!, /^0x[0-9a-f]+$/);
        assert.ok(Number(run.variables.znodeCount) > 3);
        const again = await runTask('CoordPSBackupEnsemble', { connectionString, backupPath });
        assert.equal(again.result, 'Succeeded', again.output);
        assert.ok(BigInt(again.variables.zxid!) >= BigInt(run.variables.zxid!));
    });
});

describe('The module', { skip: noEnsemble }, () => {
    test('One that is not installed: what to do', async () => {
        const run = await runTask('CoordPSSetConfig', { connectionString, path: '/x', settings: 'a=1', modulePath: '' }, { PSModulePath: temporaryFolder('no modules') });
        assert.equal(run.result, 'Failed', run.output);
        assert.match(run.issues('error')[0]!, /ModuleMissing: .*modulePath/);
    });

    test('One that is installed is found by its name', async () => {
        const folder = temporaryFolder('modules');
        fs.rmSync(path.join(folder, 'CoordPS'), { recursive: true, force: true });
        fs.symlinkSync(modulePath!, path.join(folder, 'CoordPS'), 'junction');
        const run = await runTask('CoordPSSetConfig', { connectionString, path: '/azure-config', settings: 'db/host=db4', modulePath: '' }, { PSModulePath: folder });
        assert.equal(run.result, 'Succeeded', run.output);
    });
});

const dockerHost = process.env.COORDPS_TEST_DOCKER_HOST;
const registry = process.env.COORDPS_TEST_REGISTRY ?? '127.0.0.1:5000';
describe('Images', { skip: noEnsemble || (dockerHost ? false : 'COORDPS_TEST_DOCKER_HOST is not set') }, () => {
    const buildContext = temporaryFolder('image with spaces');
    const repository = `${registry}/azure-${process.pid}`;
    before(() => fs.writeFileSync(path.join(buildContext, 'Dockerfile'), `FROM ${registry}/busybox:1\nARG WHO\nRUN echo "built by $WHO" && echo "##vso[task.setvariable variable=image]evil"\n`));
    after(() => pwsh(`Remove-CoordImage ${repository}:1, ${repository}:latest -DockerHost ${dockerHost} -Force -Confirm:$false`).catch(() => ''));

    test('Built and pushed: pinned by digest, with the log, and labels of the run', async () => {
        const run = await runTask('CoordPSBuildImage', { repository, tags: '1\nlatest', buildContext, buildArguments: 'WHO=an "agent" & co', dockerHost: dockerHost!, noCache: 'true' }, { BUILD_SOURCEVERSION: 'abc' });
        assert.equal(run.result, 'Succeeded', run.output);
        assert.match(run.variables.image!, new RegExp(`^${repository}@sha256:[0-9a-f]{64}$`));
        assert.equal(run.variables.reference, `${repository}:1`);
        assert.match(run.variables.digest!, /^sha256:/);
        assert.match(run.output, /built by an "?agent"? & co|built by an agent/);
        assert.ok(!run.output.includes('##vso[task.setvariable variable=image]evil'), 'the build has set a variable');
        const manifest = await fetch(`http://${registry}/v2/azure-${process.pid}/manifests/latest`, { headers: { Accept: 'application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json' } });
        assert.equal(manifest.headers.get('docker-content-digest'), run.variables.digest);
    });

    test('A step that fails fails the task with the instruction', async () => {
        const folder = temporaryFolder('bad image');
        fs.writeFileSync(path.join(folder, 'Dockerfile'), `FROM ${registry}/busybox:1\nRUN exit 7\n`);
        const run = await runTask('CoordPSBuildImage', { repository, tags: 'bad', buildContext: folder, dockerHost: dockerHost! });
        assert.equal(run.result, 'Failed', run.output);
        assert.match(run.issues('error').join('\n'), /exit 7/);
    });
});

const kubeConfig = process.env.COORDPS_TEST_KUBECONFIG;
const noCluster = noEnsemble || (kubeConfig ? spawnSync('kubectl', ['version', '--client']).status === 0 ? false : 'kubectl is missing' : 'COORDPS_TEST_KUBECONFIG is not set');
// Rollouts of no replicas are complete without a node that runs them; those of one never are, as the image can't be pulled anywhere.
describe('Rollouts', { skip: noCluster }, () => {
    const namespace = `azure-${process.pid}`;
    const kubectl = (...args: string[]): string => {
        const run = spawnSync('kubectl', ['--kubeconfig', kubeConfig!, ...args], { encoding: 'utf8' });
        assert.equal(run.status, 0, run.stderr);
        return run.stdout.trim();
    };
    const connection = (): Record<string, string> => endpoint('k', 'https://cluster.invalid', 'Kubernetes', { kubeconfig: fs.readFileSync(kubeConfig!, 'utf8') }, { authorizationType: 'Kubeconfig' });
    const image = (tag: string): string => `127.0.0.1:1/azure-app:${tag}`;
    before(() => { kubectl('create', 'namespace', namespace); });
    after(() => { kubectl('delete', 'namespace', namespace, '--wait=false'); });

    test('An image by a service connection: rolled out, with outputs and a summary', async () => {
        const run = await runTask('CoordPSPublishDeployment', { kubernetesConnection: 'k', namespace, source: 'image', image: image('1'), name: 'app', replicas: '0', port: '80:8080', timeout: '30s' }, connection());
        assert.equal(run.result, 'Succeeded', run.output);
        assert.match(run.output, /^Deployment\/app created$/m);
        assert.deepEqual(run.variables, { revision: '1', image: image('1'), deployments: 'app' });
        assert.match(fs.readFileSync(run.commands.find(c => c.name === 'task.uploadsummary')!.message, 'utf8'), /\| Deployment \| azure-\d+ \| app \| 1 \|/);
        assert.equal(kubectl('-n', namespace, 'get', 'deployment', 'app', '-o', 'jsonpath={.spec.template.spec.containers[0].image}'), image('1'));
        const key = /client-key-data: "?([^"\s}]+)/.exec(fs.readFileSync(kubeConfig!, 'utf8'))?.[1];
        if (key) assert.ok(run.secrets.includes(key) && !run.shown.includes(key));
        assert.deepEqual(leftBehind(), []);
    });

    test('One that does not come about is undone, and the task fails', async () => {
        const run = await runTask('CoordPSPublishDeployment', { kubernetesConnection: 'k', namespace, source: 'image', image: image('2'), name: 'app', replicas: '1', timeout: '5s', undoOnFailure: 'true' }, connection());
        assert.equal(run.result, 'Failed', run.output);
        assert.match(run.issues('error').join('\n'), /RolloutFailed: 1 of 1 rollouts failed/);
        assert.match(run.issues('error').join('\n'), /undone/);
        assert.equal(kubectl('-n', namespace, 'get', 'deployment', 'app', '-o', 'jsonpath={.spec.template.spec.containers[0].image}'), image('1'));
    });

    test('Manifests of a folder with brackets, by a kubeconfig file', async () => {
        const folder = temporaryFolder('manifests [1] & more');
        fs.writeFileSync(path.join(folder, 'two.yaml'), ['one', 'two'].map(name => `apiVersion: apps/v1
kind: Deployment
metadata: { name: ${name}, labels: { app: ${name} } }
spec:
  replicas: 0
  selector: { matchLabels: { app: ${name} } }
  template: { metadata: { labels: { app: ${name} } }, spec: { containers: [{ name: c, image: "${image('3')}" }] } }
`).join('---\n'));
        const run = await runTask('CoordPSPublishDeployment', { clusterSource: 'kubeConfig', kubeConfig: kubeConfig!, namespace, manifests: folder, timeout: '30s' });
        assert.equal(run.result, 'Succeeded', run.output);
        assert.equal(run.variables.deployments, 'one,two');
    });

    test('What the cluster refuses is an error with its id', async () => {
        const run = await runTask('CoordPSPublishDeployment', { kubernetesConnection: 'k', namespace: `${namespace}-none`, source: 'image', image: image('1'), name: 'app', replicas: '0' }, connection());
        assert.equal(run.result, 'Failed', run.output);
        assert.ok(run.commands.some(c => c.name === 'task.logissue' && c.properties.code), run.output);
    });

    test('Gated: configuration and deployment together, and both taken back when it does not come about', async () => {
        const configFile = path.join(temporaryFolder('gate'), 'settings.yaml');
        const gate = (tag: string, replicas: string, timeout: string): Promise<Run> => {
            fs.writeFileSync(configFile, `version: "${tag}"\n`);
            return runTask('CoordPSPublishDeployment', { kubernetesConnection: 'k', namespace, source: 'image', image: image(tag), name: 'gated', replicas, timeout,
                gated: 'true', connectionString, lockPath: '/locks/azure-rollout', configPath: '/azure-gated', configFile }, connection());
        };
        const version = (): Promise<string> => pwsh('(Get-CoordConfig /azure-gated).version; @(Get-CoordLock /locks/azure-rollout).Count');
        const run = await gate('4', '0', '30s');
        assert.equal(run.result, 'Succeeded', run.output);
        assert.equal(run.variables.deployments, 'gated');
        assert.deepEqual((await version()).split('\n'), ['4', '0']);
        const failed = await gate('5', '1', '4s');
        assert.equal(failed.result, 'Failed', failed.output);
        assert.deepEqual((await version()).split('\n'), ['4', '0']);
        assert.equal(kubectl('-n', namespace, 'get', 'deployment', 'gated', '-o', 'jsonpath={.spec.template.spec.containers[0].image}'), image('4'));
    });
});
