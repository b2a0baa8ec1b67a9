import { Connection } from './connections';
import { Inputs } from './inputs';
import { mask } from './secrets';

/** What `Connect-Coord` needs. */
export interface Ensemble {
    connectionString: string;
    user?: string;
    password?: string;
    timeout?: string;
}

/** Reads which ensemble is meant, from a service connection or from the inputs themselves. */
export function readEnsemble(inputs: Inputs): Ensemble {
    const source = inputs.choice('ensembleSource', ['serviceConnection', 'connectionString'] as const, 'connectionString');
    const timeout = inputs.duration('sessionTimeout');
    let connectionString: string;
    let user: string | undefined;
    let password: string | undefined;
    if (source === 'serviceConnection') {
        const id = inputs.required('ensembleConnection');
        if (id === '') return { connectionString: '' };
        const connection = new Connection(id);
        connectionString = connection.data('connectionString') ?? '';
        if (connectionString === '') inputs.reject('ensembleConnection', 'the service connection has no connection string.');
        user = connection.parameter('username');
        password = connection.parameter('password');
    } else {
        connectionString = inputs.required('connectionString');
        user = inputs.text('user');
        password = inputs.text('password');
    }
    mask(password);
    if (Boolean(user) !== Boolean(password)) inputs.reject(user ? 'password' : 'user', 'a user and a password go together.');
    if (user?.includes(':')) inputs.reject('user', 'a user of the digest scheme has no colon in its name.');
    if (/\s/.test(connectionString)) inputs.reject('connectionString', 'it has a space; write host1:2181,host2:2181 and perhaps /chroot.');
    return { connectionString, ...(user && password && { user, password }), ...(timeout && { timeout }) };
}
