import * as path from 'node:path';
import { Connection } from './connections';
import { Inputs } from './inputs';
import { Scratch } from './scratch';
import { mask } from './secrets';

/** A registry and who may push to it. */
export interface Registry {
    /** What goes before the repository's name; empty for Docker Hub. */
    prefix: string;
    /** A folder for DOCKER_CONFIG. */
    configFolder: string;
}

const hub = 'https://index.docker.io/v1/';

/** Reads a Docker registry's service connection. The credential is in a file of the task's own folder, as `docker login` would leave it. */
export function readRegistry(inputs: Inputs, name: string, scratch: Scratch): Registry | undefined {
    const id = inputs.text(name);
    if (id === undefined) return undefined;
    const connection = new Connection(id);
    const isAzure = connection.data('registrytype')?.toUpperCase() === 'ACR';
    const names = isAzure ? ['loginServer', 'serviceprincipalid', 'serviceprincipalkey'] : ['registry', 'username', 'password'];
    const [server, user, password] = names.map(key => connection.parameter(key));
    mask(password);
    if (!server || !user || !password) {
        inputs.reject(name, isAzure && connection.scheme !== 'serviceprincipal'
            ? `a connection to an Azure container registry has to use a service principal with a key; this one uses ${connection.scheme || 'none'}.`
            : 'the service connection lacks a registry, a user or a password.');
        return undefined;
    }
    const host = server.replace(/^https?:\/\//i, '').replace(/\/.*$/, '').toLowerCase();
    const isHub = /(^|\.)docker\.(io|com)$/.test(host);
    const auth = Buffer.from(`${user}:${password}`).toString('base64');
    mask(auth);
    const file = scratch.write('docker/config.json', JSON.stringify({ auths: { [isHub ? hub : host]: { auth } } }));
    return { prefix: isHub ? '' : `${host}/`, configFolder: path.dirname(file) };
}

/** Whether it can be the name of a repository, with or without its registry. */
export function isRepository(text: string): boolean {
    return /^((localhost|[a-z0-9-]+(\.[a-z0-9-]+)+|[a-z0-9-]+(?=:\d))(:\d+)?\/)?[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(\/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*$/.test(text);
}

/** Whether it can be a tag. */
export function isTag(text: string): boolean {
    return /^\w[\w.-]{0,127}$/.test(text);
}
