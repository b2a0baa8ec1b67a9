import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { describe, test } from 'node:test';
import { endpoint, mockTask, type TaskName, taskNames, temporaryFolder } from './support';

const servers = 'zoo1:2181,zoo2:2181';
const file = (name: string, text: string): string => {
    const full = path.join(temporaryFolder('files'), name);
    fs.writeFileSync(full, text);
    return full;
};
/** Inputs that are enough for each task. */
const enough: Record<TaskName, Record<string, string>> = {
    CoordPSUseLock: { connectionString: servers, lockPath: '/locks/deploy', script: 'deploy' },
    CoordPSSetConfig: { connectionString: servers, path: '/app/config', settings: 'db/host=db1' },
    CoordPSBackupEnsemble: { connectionString: servers, backupPath: temporaryFolder('backup') },
    CoordPSBuildImage: { repository: 'registry.example.com/team/app', tags: '1', buildContext: temporaryFolder('context') },
    CoordPSPublishDeployment: { clusterSource: 'agent', source: 'image', image: 'registry.example.com/app:1', name: 'app' },
};

describe('What PowerShell is asked for', () => {
    test('A lock: paths, kind, timeout, parameters, and the script as a file that only the user can read', async () => {
        const run = await mockTask('CoordPSUseLock', {
            ...enough.CoordPSUseLock, lockPath: '/locks/a\r\n  /locks/b\n', lockTimeout: '10m', mode: 'shared', naming: 'Kazoo', sessionTimeout: '1m',
            script: 'param($Name)\n"é $Name"', scriptParameters: 'Name = a=b & "c" \'d\' %PATH% $(x)\nQuiet=true', errorActionPreference: 'continue',
        });
        assert.equal(run.result, 'Succeeded', run.output);
        const { script, ...parameters } = run.request!.parameters as { script: string };
        assert.deepEqual(parameters, {
            ensemble: { connectionString: servers, timeout: '1m' },
            lock: { Path: ['/locks/a', '/locks/b'], Shared: true, Naming: 'Kazoo', Timeout: '10m' },
            scriptParameters: { Name: ' a=b & "c" \'d\' %PATH% $(x)', Quiet: 'true' },
            workingDirectory: process.cwd(), errorAction: 'continue', ignoreExitCode: false,
        });
        assert.equal(run.files[script], '600 param($Name)\n"é $Name"');
    });

    test('Settings by name, inline and from a file', async () => {
        const named = await mockTask('CoordPSSetConfig', { ...enough.CoordPSSetConfig, settings: 'db/host=db1\n\nmotd= two  words =', prune: 'true' });
        assert.deepEqual(named.request!.parameters.settings, { 'db/host': 'db1', motd: ' two  words =' });
        assert.equal(named.request!.parameters.prune, true);
        const inline = await mockTask('CoordPSSetConfig', { ...enough.CoordPSSetConfig, source: 'inline', content: '{"a":1}', format: 'json' });
        assert.match(inline.request!.parameters.file as string, /\.json$/);
        assert.equal(inline.files[inline.request!.parameters.file as string], '600 {"a":1}');
        const from = file('settings of mine.yaml', 'a: 1');
        assert.equal((await mockTask('CoordPSSetConfig', { ...enough.CoordPSSetConfig, source: 'file', filePath: from })).request!.parameters.file, from);
    });

    test('A backup by session, by members, and of a data directory', async () => {
        const bySession = await mockTask('CoordPSBackupEnsemble', enough.CoordPSBackupEnsemble);
        assert.deepEqual(bySession.request!.parameters, { ensemble: { connectionString: servers }, backup: { Path: enough.CoordPSBackupEnsemble.backupPath, Force: false } });
        const members = 'server.1=zoo1:2888:3888\nserver.2=zoo2:2888:3888';
        const byMembers = await mockTask('CoordPSBackupEnsemble', { ...enough.CoordPSBackupEnsemble, source: 'members', members, timeout: '20s', force: 'true' });
        assert.deepEqual(byMembers.request!.parameters, { backup: { Path: enough.CoordPSBackupEnsemble.backupPath, Force: true, Member: members.split('\n'), Timeout: '20s' } });
        const dataPath = temporaryFolder('data');
        const byFiles = await mockTask('CoordPSBackupEnsemble', { ...enough.CoordPSBackupEnsemble, source: 'dataPath', dataPath });
        assert.deepEqual(byFiles.request!.parameters.backup, { Path: enough.CoordPSBackupEnsemble.backupPath, Force: false, DataPath: dataPath });
    });

    test('An image: references of the registry, arguments, labels that tell the run', async () => {
        const run = await mockTask('CoordPSBuildImage', {
            ...enough.CoordPSBuildImage, containerRegistry: 'reg', repository: 'team/app', tags: '1\nlatest, edge', buildArguments: 'A=1\nB=x y', labels: 'org.opencontainers.image.source=mine',
            target: 'final', platform: 'linux/arm64', noCache: 'true', push: 'false', dockerfile: file('Dockerfile', 'FROM scratch'),
        }, { environment: {
            ...endpoint('reg', 'https://reg.example.com/', 'UsernamePassword', { registry: 'https://reg.example.com:5000/v2/', username: 'me', password: 'pa55word' }),
            BUILD_SOURCEVERSION: 'abc123', BUILD_REPOSITORY_URI: 'https://example.com/repo',
        } });
        assert.equal(run.result, 'Succeeded', run.output);
        const { build, dockerConfig, push } = run.request!.parameters as { build: Record<string, unknown>; dockerConfig: string; push: boolean };
        assert.deepEqual(build, {
            Path: enough.CoordPSBuildImage.buildContext, Tag: ['reg.example.com:5000/team/app:1', 'reg.example.com:5000/team/app:latest', 'reg.example.com:5000/team/app:edge'],
            BuildArg: { A: '1', B: 'x y' }, Label: { 'org.opencontainers.image.source': 'mine', 'org.opencontainers.image.revision': 'abc123' },
            File: path.join(temporaryFolder('files'), 'Dockerfile'), Target: 'final', Platform: 'linux/arm64', NoCache: true,
        });
        assert.equal(push, false);
        const auth = Buffer.from('me:pa55word').toString('base64');
        assert.equal(run.files[dockerConfig], `600 ${JSON.stringify({ auths: { 'reg.example.com:5000': { auth } } })}`);
        assert.deepEqual(new Set(run.secrets), new Set(['pa55word', auth]));
    });

    test('Docker Hub and a registry in Azure', async () => {
        const atHub = await mockTask('CoordPSBuildImage', { ...enough.CoordPSBuildImage, containerRegistry: 'hub', repository: 'team/app' },
            { environment: endpoint('hub', 'https://hub.docker.com/', 'UsernamePassword', { registry: 'https://index.docker.io/v1/', username: 'me', password: 'pa55word' }) });
        assert.deepEqual((atHub.request!.parameters.build as { Tag: string[] }).Tag, ['team/app:1']);
        assert.match(Object.values(atHub.files)[0]!, /"https:\/\/index\.docker\.io\/v1\/"/);
        const inAzure = (scheme: string): Record<string, string> => endpoint('acr', 'https://x.azurecr.io', scheme,
            { loginServer: 'x.azurecr.io', serviceprincipalid: 'id', ...(scheme === 'ServicePrincipal' && { serviceprincipalkey: 'key-of-it' }) }, { registrytype: 'ACR' });
        const atAzure = await mockTask('CoordPSBuildImage', { ...enough.CoordPSBuildImage, containerRegistry: 'acr', repository: 'app' }, { environment: inAzure('ServicePrincipal') });
        assert.deepEqual((atAzure.request!.parameters.build as { Tag: string[] }).Tag, ['x.azurecr.io/app:1']);
        const federated = await mockTask('CoordPSBuildImage', { ...enough.CoordPSBuildImage, containerRegistry: 'acr', repository: 'app' }, { environment: inAzure('WorkloadIdentityFederation') });
        assert.equal(federated.result, 'Failed');
        assert.match(federated.issues('error')[0]!, /service principal with a key/);
    });

    test('A rollout by a kubeconfig of a service connection, gated', async () => {
        const kubeconfig = 'apiVersion: v1\nusers:\n- name: u\n  user:\n    token: t0ken-of-u\n    client-key-data: "S0VZREFUQQ=="\n- name: v\n  user: { password: \'pa55word\' }\n';
        const run = await mockTask('CoordPSPublishDeployment', {
            kubernetesConnection: 'k', namespace: 'shop', source: 'image', image: 'r.example.com/app@sha256:1', name: 'app', replicas: '3', port: '80:8080, 9090', timeout: '5m',
            gated: 'true', ensembleSource: 'serviceConnection', ensembleConnection: 'zk', lockPath: '/locks/deploy', lockTimeout: '2m', configPath: '/app/config', configFile: file('settings.json', '{}'), waitForService: 'app', minimum: '3',
        }, { environment: {
            ...endpoint('k', 'https://cluster.example.com', 'Kubernetes', { kubeconfig, clusterContext: 'prod' }, { authorizationType: 'Kubeconfig' }),
            ...endpoint('zk', 'https://zookeeper.invalid/', 'UsernamePassword', { username: 'deploy', password: 'zk-pa55word' }, { connectionString: servers }),
        } });
        assert.equal(run.result, 'Succeeded', run.output);
        const { cluster, ...rest } = run.request!.parameters as { cluster: Record<string, string> };
        assert.deepEqual(rest, {
            ensemble: { connectionString: servers, user: 'deploy', password: 'zk-pa55word' }, image: 'r.example.com/app@sha256:1',
            publish: {
                Name: 'app', Replicas: 3, Port: ['80:8080', '9090'], LockPath: '/locks/deploy', LockTimeout: '2m', ConfigPath: '/app/config',
                Config: path.join(temporaryFolder('files'), 'settings.json'), WaitForService: 'app', Minimum: 3, Timeout: '5m',
            },
        });
        assert.equal(cluster.Context, 'prod');
        assert.equal(cluster.Namespace, 'shop');
        assert.equal(run.files[cluster.KubeConfig!], `600 ${kubeconfig.trim()}`);
        for (const secret of ['t0ken-of-u', 'S0VZREFUQQ==', 'pa55word', 'zk-pa55word']) {
            assert.ok(run.secrets.includes(secret), `${secret} is not masked`);
            assert.ok(!run.shown.includes(secret), `${secret} is shown`);
        }
    });

    test('A rollout that is undone when it fails', async () => {
        const run = await mockTask('CoordPSPublishDeployment', { ...enough.CoordPSPublishDeployment, prune: 'app=x', undoOnFailure: 'true' });
        assert.deepEqual(run.request!.parameters.wait, { Timeout: '10m', UndoOnFailure: true });
        assert.deepEqual(run.request!.parameters.publish, { Name: 'app', Prune: true, Selector: 'app=x' });
    });

    test('A rollout by a service account', async () => {
        const run = await mockTask('CoordPSPublishDeployment', { ...enough.CoordPSPublishDeployment, clusterSource: 'serviceConnection', kubernetesConnection: 'k', wait: 'false' }, {
            environment: endpoint('k', 'https://cluster.example.com', 'Token', { apiToken: Buffer.from('head.body.sign').toString('base64'), serviceAccountCertificate: 'Q0E=' }, { authorizationType: 'ServiceAccount' }),
        });
        const { cluster, wait } = run.request!.parameters as { cluster: { KubeConfig: string }; wait?: unknown };
        assert.equal(wait, undefined);
        const config = JSON.parse(run.files[cluster.KubeConfig]!.slice(4)) as { users: { user: unknown }[]; clusters: { cluster: unknown }[] };
        assert.deepEqual(config.users[0]!.user, { token: 'head.body.sign' });
        assert.deepEqual(config.clusters[0]!.cluster, { server: 'https://cluster.example.com', 'certificate-authority-data': 'Q0E=' });
        assert.ok(run.secrets.includes('head.body.sign'));
        assert.ok(!run.shown.includes('head.body.sign'));
    });

    test('Manifests by patterns', async () => {
        const folder = temporaryFolder('man ifests');
        for (const name of ['a.yaml', 'b.yaml', 'c.txt']) fs.writeFileSync(path.join(folder, name), '');
        const run = await mockTask('CoordPSPublishDeployment', { clusterSource: 'agent', manifests: '*.yaml\n' + path.join(folder, 'c.txt') }, { environment: { SYSTEM_DEFAULTWORKINGDIRECTORY: folder } });
        assert.deepEqual(run.request!.parameters.manifests, ['a.yaml', 'b.yaml', 'c.txt'].map(name => path.join(folder, name)));
    });

    test('The module comes from the input, from the variable, or by its name', async () => {
        const [one, two] = [temporaryFolder('module one'), temporaryFolder('module two')];
        const variable = { COORDPS_MODULEPATH: two };
        assert.equal((await mockTask('CoordPSUseLock', { ...enough.CoordPSUseLock, modulePath: one }, { environment: variable })).request!.modulePath, one);
        assert.equal((await mockTask('CoordPSUseLock', enough.CoordPSUseLock, { environment: variable })).request!.modulePath, two);
        assert.equal((await mockTask('CoordPSUseLock', enough.CoordPSUseLock)).request!.modulePath, undefined);
    });

    for (const task of taskNames) {
        test(`Verbose messages for ${task} only where the pipeline is debugged`, async () => {
            assert.equal((await mockTask(task, enough[task])).request!.verbose, false);
            assert.equal((await mockTask(task, enough[task], { environment: { SYSTEM_DEBUG: 'True' } })).request!.verbose, true);
        });
    }
});

describe('Inputs that are not valid', () => {
    const bad: [TaskName, string, Record<string, string>, RegExp][] = [
        ['CoordPSUseLock', 'no ensemble', { connectionString: '' }, /'connectionString': it is required/],
        ['CoordPSUseLock', 'a connection string with a space', { connectionString: 'zoo1:2181, zoo2:2181' }, /'connectionString': it has a space/],
        ['CoordPSUseLock', 'a service connection that is not chosen', { ensembleSource: 'serviceConnection' }, /'ensembleConnection': it is required/],
        ['CoordPSUseLock', 'a user without a password', { user: 'me' }, /'password': a user and a password go together/],
        ['CoordPSUseLock', 'a password without a user', { password: 'pa55word' }, /'user': a user and a password go together/],
        ['CoordPSUseLock', 'no lock', { lockPath: ' ' }, /'lockPath': it is required/],
        ['CoordPSUseLock', 'a lock that is no path', { lockPath: 'locks/deploy' }, /'lockPath': 'locks\/deploy' is not a znode path/],
        ['CoordPSUseLock', 'a lock whose path ends with a slash', { lockPath: '/locks/' }, /'lockPath'/],
        ['CoordPSUseLock', 'a timeout that is no duration', { lockTimeout: 'soon' }, /'lockTimeout': 'soon' is not a duration/],
        ['CoordPSUseLock', 'a session timeout that is no duration', { sessionTimeout: '-1s' }, /'sessionTimeout'/],
        ['CoordPSUseLock', 'an unknown kind', { mode: 'both' }, /'mode': 'both' is none of exclusive, shared, limit/],
        ['CoordPSUseLock', 'a limit that is missing', { mode: 'limit' }, /'limit': it is required/],
        ['CoordPSUseLock', 'a limit of 0', { mode: 'limit', limit: '0' }, /'limit': '0' is not a whole number from 1/],
        ['CoordPSUseLock', 'a limit in kazoo\'s layout', { mode: 'limit', limit: '2', naming: 'Kazoo' }, /'naming'/],
        ['CoordPSUseLock', 'no script', { script: '' }, /'script': it is required/],
        ['CoordPSUseLock', 'a script file that is not there', { targetType: 'filePath', filePath: '/no/such.ps1' }, /'filePath': there is no file/],
        ['CoordPSUseLock', 'a script file of another kind', { targetType: 'filePath', filePath: __filename }, /'filePath': .* is not a \.ps1 file/],
        ['CoordPSUseLock', 'no script file', { targetType: 'filePath' }, /'filePath': it is required/],
        ['CoordPSUseLock', 'a parameter without a name', { scriptParameters: '=x' }, /'scriptParameters': each line has to be NAME=VALUE/],
        ['CoordPSUseLock', 'a parameter given twice', { scriptParameters: 'a=1\na=2' }, /'scriptParameters': a is there twice/],
        ['CoordPSUseLock', 'a folder that is not there', { workingDirectory: '/no/such' }, /'workingDirectory': there is no folder/],
        ['CoordPSUseLock', 'a flag that is none', { ignoreLastExitCode: 'maybe' }, /'ignoreLastExitCode': 'maybe' is neither true nor false/],
        ['CoordPSUseLock', 'a module that is not there', { modulePath: '/no/such' }, /'modulePath': there is no '\/no\/such'/],
        ['CoordPSSetConfig', 'no path', { path: '' }, /'path': it is required/],
        ['CoordPSSetConfig', 'a path that is none', { path: 'app' }, /'path': 'app' is not a znode path/],
        ['CoordPSSetConfig', 'no settings', { settings: '' }, /'settings': it is required/],
        ['CoordPSSetConfig', 'a key that can\'t be one', { settings: 'a//b=1' }, /'settings': '\/a\/\/b' is not a znode path/],
        ['CoordPSSetConfig', 'no text', { source: 'inline' }, /'content': it is required/],
        ['CoordPSSetConfig', 'an unknown format', { source: 'inline', content: 'a', format: 'toml' }, /'format': 'toml' is none of json, yaml, env/],
        ['CoordPSSetConfig', 'a file that is not there', { source: 'file', filePath: '/no/such.json' }, /'filePath': there is no file/],
        ['CoordPSBackupEnsemble', 'no folder', { backupPath: '' }, /'backupPath': it is required/],
        ['CoordPSBackupEnsemble', 'no members', { source: 'members' }, /'members': it is required/],
        ['CoordPSBackupEnsemble', 'a member that is none', { source: 'members', members: 'zoo1:2181' }, /'members': 'zoo1:2181' is not a line of zoo\.cfg/],
        ['CoordPSBackupEnsemble', 'a data directory that is not there', { source: 'dataPath', dataPath: '/no/such' }, /'dataPath': there is no folder/],
        ['CoordPSBuildImage', 'no repository', { repository: '' }, /'repository': it is required/],
        ['CoordPSBuildImage', 'a repository with a tag', { repository: 'team/app:1' }, /'repository': 'team\/app:1' can't be/],
        ['CoordPSBuildImage', 'a repository in capitals', { repository: 'Team/App' }, /'repository'/],
        ['CoordPSBuildImage', 'a tag that is none', { tags: 'a b' }, /'tags': 'a b' can't be a tag/],
        ['CoordPSBuildImage', 'no tag', { tags: '' }, /'tags': it is required/],
        ['CoordPSBuildImage', 'a folder that is not there', { buildContext: '/no/such' }, /'buildContext': there is no folder/],
        ['CoordPSBuildImage', 'a Dockerfile that is not there', { dockerfile: '/no/such' }, /'dockerfile': there is no file/],
        ['CoordPSBuildImage', 'an argument without a value', { buildArguments: 'A' }, /'buildArguments': each line has to be NAME=VALUE/],
        ['CoordPSBuildImage', 'a platform that is none', { platform: 'arm' }, /'platform': 'arm' is not a platform/],
        ['CoordPSPublishDeployment', 'no image', { image: '' }, /'image': it is required/],
        ['CoordPSPublishDeployment', 'a name that is none', { name: 'My_App' }, /'name': 'My_App' can't be/],
        ['CoordPSPublishDeployment', 'replicas that are no number', { replicas: 'three' }, /'replicas': 'three' is not a whole number/],
        ['CoordPSPublishDeployment', 'a port that is none', { port: 'http' }, /'port': 'http' is not a port/],
        ['CoordPSPublishDeployment', 'manifests that are not there', { source: 'manifests', manifests: 'no/such/*.yaml' }, /'manifests': nothing matches 'no\/such\/\*\.yaml'/],
        ['CoordPSPublishDeployment', 'no manifests', { source: 'manifests' }, /'manifests': it is required/],
        ['CoordPSPublishDeployment', 'a namespace that is none', { namespace: 'a b' }, /'namespace': 'a b' can't be/],
        ['CoordPSPublishDeployment', 'no kubeconfig', { clusterSource: 'kubeConfig' }, /'kubeConfig': it is required/],
        ['CoordPSPublishDeployment', 'no service connection', { clusterSource: 'serviceConnection' }, /'kubernetesConnection': it is required/],
        ['CoordPSPublishDeployment', 'an undo of what is not waited for', { wait: 'false', undoOnFailure: 'true' }, /'undoOnFailure'/],
        ['CoordPSPublishDeployment', 'a gate without any condition', { gated: 'true', connectionString: servers }, /'gated': a gated rollout needs/],
        ['CoordPSPublishDeployment', 'a gate that is not waited for', { gated: 'true', connectionString: servers, lockPath: '/l', wait: 'false' }, /'wait': a gated rollout is always waited for/],
        ['CoordPSPublishDeployment', 'a gate and pruning', { gated: 'true', connectionString: servers, lockPath: '/l', prune: 'app=x' }, /'prune'/],
        ['CoordPSPublishDeployment', 'settings without their path', { gated: 'true', connectionString: servers, lockPath: '/l', configFile: __filename }, /'configFile'/],
        ['CoordPSPublishDeployment', 'a lock timeout without a lock', { gated: 'true', connectionString: servers, configPath: '/c', lockTimeout: '1m' }, /'lockTimeout'/],
        ['CoordPSPublishDeployment', 'a minimum without a service', { gated: 'true', connectionString: servers, lockPath: '/l', minimum: '2' }, /'minimum'/],
    ];
    for (const [task, what, inputs, expected] of bad) {
        test(`${task}: ${what}`, async () => {
            const run = await mockTask(task, { ...enough[task], ...inputs });
            assert.equal(run.result, 'Failed', run.output);
            assert.equal(run.request, undefined, 'PowerShell was started');
            assert.ok(run.issues('error').some(issue => expected.test(issue)), run.output);
            assert.ok(!run.shown.includes('pa55word'));
        });
    }

    test('All that is wrong is told at once', async () => {
        const run = await mockTask('CoordPSSetConfig', { connectionString: '', path: 'x', settings: '', prune: 'no' });
        assert.equal(run.issues('error').length, 4, run.output);
    });

    test('A value that may be a secret is not told', async () => {
        const run = await mockTask('CoordPSSetConfig', { ...enough.CoordPSSetConfig, settings: 'pa55word' });
        assert.equal(run.result, 'Failed');
        assert.ok(!run.shown.includes('pa55word'), run.output);
    });

    test('An agent without pwsh is told what to install', async () => {
        const run = await mockTask('CoordPSUseLock', enough.CoordPSUseLock, { withoutPwsh: true });
        assert.equal(run.result, 'Failed');
        assert.ok(run.issues('error').some(issue => /Install PowerShell 7\.6/.test(issue)), run.output);
    });

    test('A pwsh that is not there, and one that a shell would have to run', async () => {
        const missing = await mockTask('CoordPSUseLock', { ...enough.CoordPSUseLock, pwshPath: '/no/such/pwsh' }, { realFindPwsh: true });
        assert.match(missing.issues('error')[0]!, /'pwshPath': there is no file/);
        const batch = await mockTask('CoordPSUseLock', { ...enough.CoordPSUseLock, pwshPath: file('pwsh.cmd', '') }, { realFindPwsh: true });
        assert.match(batch.issues('error')[0]!, /'pwshPath': .* is a batch file/);
    });
});

describe('What the agent is told', () => {
    test('Output, warnings, progress, variables and a summary', async () => {
        const run = await mockTask('CoordPSPublishDeployment', enough.CoordPSPublishDeployment, { messages: [
            { type: 'output', text: 'a line' }, { type: 'warning', text: 'careful; 100% ]' }, { type: 'verbose', text: 'a detail' },
            { type: 'progress', activity: 'rolling out', percent: 33.4 }, { type: 'progress', activity: 'rolling out', percent: 33.3 },
            { type: 'variable', name: 'revision', value: '7' }, { type: 'summary', text: '# Rolled out' },
        ] });
        assert.equal(run.result, 'Succeeded', run.output);
        assert.match(run.output, /^a line$/m);
        assert.deepEqual(run.issues('warning'), ['careful; 100% ]']);
        assert.match(run.output, /^##vso\[task\.debug\]a detail$/m);
        assert.deepEqual(run.commands.filter(c => c.name === 'task.setprogress').map(c => [c.properties.value, c.message]), [['33', 'rolling out']]);
        const variable = run.commands.find(c => c.name === 'task.setvariable')!;
        assert.deepEqual([variable.properties.variable, variable.properties.isoutput, variable.message], ['revision', 'true', '7']);
        const summary = run.commands.find(c => c.name === 'task.uploadsummary')!.message;
        assert.equal(fs.readFileSync(summary, 'utf8'), '# Rolled out');
    });

    test('An error with its id and what to do; the task fails with it', async () => {
        const run = await mockTask('CoordPSSetConfig', enough.CoordPSSetConfig, {
            messages: [{ type: 'error', id: 'NoAuth', text: 'Not allowed.', action: 'Connect with credentials.', position: 'At line 1' }], outcome: { result: 'failed', exitCode: 1, signal: null },
        });
        assert.equal(run.result, 'Failed');
        assert.deepEqual(run.issues('error'), ['NoAuth: Not allowed. Connect with credentials.']);
        assert.equal(run.commands.find(c => c.name === 'task.logissue')!.properties.code, 'NoAuth');
    });

    test('Errors that did not end the script make issues', async () => {
        const run = await mockTask('CoordPSUseLock', enough.CoordPSUseLock, { messages: [{ type: 'error', id: 'X', text: 'once' }], outcome: { result: 'issues', exitCode: 0, signal: null } });
        assert.equal(run.result, 'SucceededWithIssues');
    });

    test('pwsh that ends before the script does', async () => {
        const run = await mockTask('CoordPSUseLock', enough.CoordPSUseLock, { outcome: { exitCode: 134, signal: null } });
        assert.equal(run.result, 'Failed');
        assert.match(run.issues('error')[0]!, /exit code 134/);
    });

    test('What a build or a container prints commands nothing; the user\'s own script does', async () => {
        const messages = [{ type: 'output' as const, text: 'x ##vso[task.setvariable variable=image]evil' }, { type: 'output' as const, text: '##[error]fake' }];
        const build = await mockTask('CoordPSBuildImage', enough.CoordPSBuildImage, { messages });
        assert.ok(!build.output.includes('##vso[task.setvariable') && !build.output.includes('##[error]'), build.output);
        const script = await mockTask('CoordPSUseLock', enough.CoordPSUseLock, { messages });
        assert.ok(script.output.includes('##vso[task.setvariable variable=image]evil'));
    });
});
