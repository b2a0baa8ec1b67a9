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
                const matches = tl.findMatch(root, pattern, { allowBrokenSymbolicLinks: false, followSpecifiedSymbolicLink: true, followSymbolicLinks: false });
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
            Object.assign(publish, lockPath && { LockPath: lockPath }, configPath && { ConfigPath: configPath }, service && { WaitForService: service },
                minimum !== undefined && { Minimum: minimum });
        }
        const wait = inputs.flag('wait', true);
        const timeout = inputs.duration('timeout') ?? '10m';
        const undo = inputs.flag('undoOnFailure');
        if (undo && !wait) inputs.reject('undoOnFailure', 'what is not waited for can\'t be undone.');
        return { cluster, ensemble, image, manifests, publish, wait: wait ? { Timeout: timeout, ...(undo && { UndoOnFailure: true }) } : undefined };
    },
});
