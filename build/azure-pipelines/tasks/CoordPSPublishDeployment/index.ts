import * as fs from 'node:fs';
import * as path from 'node:path';
import * as tl from 'azure-pipelines-task-lib/task';
import { readEnsemble } from '../../common/ensemble';
import { readCluster } from '../../common/kubernetes';
import { runTask } from '../../common/task';

void runTask({
    directory: __dirname,
    read(inputs, scratch) {
        const cluster = readCluster(inputs, scratch);
        const source = inputs.choice('source', ['manifests', 'image'] as const, 'manifests');
        let publish: Record<string, unknown>;
        let image: string | undefined;
        let manifests: string[] | undefined;
        if (source === 'manifests') {
            const patterns = inputs.lines('manifests');
            if (patterns.length === 0) inputs.reject('manifests', 'it is required.');
            const root = tl.getVariable('System.DefaultWorkingDirectory') ?? process.cwd();
            const found: string[] = [];
            for (const pattern of patterns) {
                // What is there by this very name is no pattern, even with brackets.
                const exact = path.resolve(root, pattern);
                const matches = fs.existsSync(exact) ? [exact]
                    : tl.findMatch(root, pattern, { allowBrokenSymbolicLinks: false, followSpecifiedSymbolicLink: true, followSymbolicLinks: false });
                if (matches.length === 0) inputs.reject('manifests', `nothing matches '${pattern}' in '${root}'.`);
                found.push(...matches);
            }
            manifests = [...new Set(found)];
            publish = {};
        } else {
            image = inputs.required('image');
            const name = inputs.required('name');
            if (name !== '' && !/^[a-z0-9]([a-z0-9-]{0,51}[a-z0-9])?$/.test(name)) inputs.reject('name', `'${name}' can't be a deployment's name.`);
            const replicas = inputs.integer('replicas', 0);
            const ports = inputs.lines('port').flatMap(line => line.split(',').map(port => port.trim()));
            for (const port of ports) if (!/^\d{1,5}(:\d{1,5})?$/.test(port)) inputs.reject('port', `'${port}' is not a port; write 8080, or 80:8080 for a service's port and a container's.`);
            publish = { Name: name, ...(replicas !== undefined && { Replicas: replicas }), ...(ports.length > 0 && { Port: ports }) };
        }
        const prune = inputs.text('prune');
        if (prune) Object.assign(publish, { Prune: true, Selector: prune });

        let ensemble: ReturnType<typeof readEnsemble> | undefined;
        if (inputs.flag('gated')) {
            ensemble = readEnsemble(inputs);
            const lockPath = inputs.znode('lockPath');
            const configPath = inputs.znode('configPath');
            const service = inputs.text('waitForService');
            const minimum = inputs.integer('minimum', 1);
            if (!lockPath && !configPath && !service) inputs.reject('gated', 'a gated rollout needs a lockPath, a configPath or a service to wait for.');
            if (minimum !== undefined && !service) inputs.reject('minimum', 'it counts instances of waitForService, which is not set.');
            const lockTimeout = inputs.duration('lockTimeout');
            if (lockTimeout && !lockPath) inputs.reject('lockTimeout', 'there is no lockPath to wait for.');
            const configFile = inputs.file('configFile', 'file');
            if (configFile && !configPath) inputs.reject('configFile', 'configPath has to say where its settings go.');
            if (prune) inputs.reject('prune', 'what is deleted can\'t be taken back; it does not go with a gate.');
            Object.assign(publish, lockPath && { LockPath: lockPath }, lockTimeout && { LockTimeout: lockTimeout }, configPath && { ConfigPath: configPath },
                configFile && { Config: configFile }, service && { WaitForService: service }, minimum !== undefined && { Minimum: minimum });
        }
        const wait = inputs.flag('wait', true);
        const timeout = inputs.duration('timeout') ?? '10m';
        const undo = inputs.flag('undoOnFailure');
        if (ensemble) {
            // With its lock held; and taken back when it fails.
            if (!wait) inputs.reject('wait', 'a gated rollout is always waited for.');
            publish.Timeout = timeout;
        } else if (undo && !wait) inputs.reject('undoOnFailure', 'what is not waited for can\'t be undone.');
        return { cluster, ensemble, image, manifests, publish, wait: wait && !ensemble ? { Timeout: timeout, ...(undo && { UndoOnFailure: true }) } : undefined };
    },
});
