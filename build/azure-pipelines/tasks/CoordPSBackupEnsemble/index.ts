import { readEnsemble } from '../../common/ensemble';
import { runTask } from '../../common/task';

void runTask({
    directory: __dirname,
    read(inputs) {
        const source = inputs.choice('source', ['session', 'members', 'dataPath'] as const, 'session');
        const members = inputs.lines('members');
        const dataPath = source === 'dataPath' ? inputs.file('dataPath', 'folder') : undefined;
        if (source === 'dataPath' && dataPath === undefined) inputs.reject('dataPath', 'it is required.');
        if (source === 'members') {
            if (members.length === 0) inputs.reject('members', 'it is required.');
            for (const member of members)
                if (!/^server\.\d+=\S+:\d+:\d+/.test(member)) inputs.reject('members', `'${member}' is not a line of zoo.cfg such as server.1=zoo1:2888:3888.`);
        }
        const timeout = inputs.duration('timeout');
        const path = inputs.file('backupPath');
        if (path === undefined) inputs.reject('backupPath', 'it is required.');
        return {
            ...(source === 'session' && { ensemble: readEnsemble(inputs) }),
            backup: {
                Path: path,
                Force: inputs.flag('force'),
                ...(source === 'members' && { Member: members }),
                ...(source === 'dataPath' && { DataPath: dataPath }),
                ...(source !== 'dataPath' && timeout && { Timeout: timeout }),
            },
        };
    },
});
