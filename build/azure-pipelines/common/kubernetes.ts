import * as fs from 'node:fs';
import { Connection } from './connections';
import { Inputs } from './inputs';
import { Scratch } from './scratch';
import { mask } from './secrets';

/** Which cluster is meant. */
export interface Cluster {
    KubeConfig?: string;
    Context?: string;
    Namespace?: string;
}

/**
 * Reads a cluster from a service connection, a kubeconfig file, or neither: then it is the one that kubectl would use on this agent.
 * What a service connection holds goes into a file of the task's own folder.
 */
export function readCluster(inputs: Inputs, scratch: Scratch): Cluster {
    const source = inputs.choice('clusterSource', ['serviceConnection', 'kubeConfig', 'agent'] as const, 'serviceConnection');
    let context = inputs.text('context');
    const namespace = inputs.text('namespace');
    if (namespace !== undefined && !/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(namespace))
        inputs.reject('namespace', `'${namespace}' can't be a namespace's name.`);
    let file: string | undefined;
    if (source === 'kubeConfig') {
        file = inputs.file('kubeConfig', 'file');
        if (file === undefined) inputs.reject('kubeConfig', 'it is required.');
    } else if (source === 'serviceConnection') {
        const id = inputs.required('kubernetesConnection');
        if (id !== '') {
            const found = fromConnection(inputs, new Connection(id));
            if (found) {
                for (const secret of secretsOf(found.text)) mask(secret);
                file = scratch.write('kubeconfig', found.text);
                context ??= found.context;
            }
        }
    }
    if (file && fs.existsSync(file) && source === 'kubeConfig')
        for (const secret of secretsOf(fs.readFileSync(file, 'utf8'))) mask(secret);
    return { ...(file && { KubeConfig: file }), ...(context && { Context: context }), ...(namespace && { Namespace: namespace }) };
}

function fromConnection(inputs: Inputs, connection: Connection): { text: string; context?: string | undefined } | undefined {
    const type = connection.data('authorizationType') ?? 'Kubeconfig';
    if (type === 'Kubeconfig') {
        const text = connection.parameter('kubeconfig');
        if (text) return { text, context: connection.parameter('clusterContext') };
        inputs.reject('kubernetesConnection', 'the service connection has no kubeconfig.');
        return undefined;
    }
    // Of a service account, which the service makes itself for a cluster in Azure: all but the URL is base64, as in the account's Secret.
    const server = connection.url;
    const encoded = connection.parameter('apiToken');
    const authority = connection.parameter('serviceAccountCertificate');
    if (!server || !encoded) {
        inputs.reject('kubernetesConnection', `the service connection of type '${type}' has no service account's token; with a cluster in Azure, set it up with "Use cluster admin credentials" off.`);
        return undefined;
    }
    // A token has dots, and base64 none.
    const token = encoded.includes('.') ? encoded : Buffer.from(encoded, 'base64').toString('utf8').trim();
    const insecure = connection.data('acceptUntrustedCerts')?.toLowerCase() === 'true';
    return {
        // JSON is YAML.
        text: JSON.stringify({
            apiVersion: 'v1',
            kind: 'Config',
            'current-context': 'pipeline',
            clusters: [{ name: 'cluster', cluster: { server, ...(authority ? { 'certificate-authority-data': authority } : insecure && { 'insecure-skip-tls-verify': true }) } }],
            users: [{ name: 'account', user: { token } }],
            contexts: [{ name: 'pipeline', context: { cluster: 'cluster', user: 'account' } }],
        }, undefined, 1),
    };
}

/** The secrets of a kubeconfig: what stands behind these keys on the same line, which is where all that write such files put them. */
function* secretsOf(kubeconfig: string): Generator<string> {
    for (const match of kubeconfig.matchAll(/["']?\b(token|password|client-key-data|id-token|refresh-token|access-token)["']?\s*:\s*("[^"\r\n]*"|'[^'\r\n]*'|[^\s#,}]+)/g))
        yield match[2]!.replace(/^["']|["']$/g, '');
}
