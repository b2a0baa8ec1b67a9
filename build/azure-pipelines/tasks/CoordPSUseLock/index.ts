import * as path from 'node:path';
import { readEnsemble } from '../../common/ensemble';
import { runTask } from '../../common/task';

void runTask({
    directory: __dirname,
    passLogCommands: true,
    read(inputs, scratch) {
        const ensemble = readEnsemble(inputs);
        const paths = inputs.lines('lockPath');
        if (paths.length === 0) inputs.reject('lockPath', 'it is required.');
        for (const one of paths) inputs.checkZNode('lockPath', one);
        const mode = inputs.choice('mode', ['exclusive', 'shared', 'limit'] as const, 'exclusive');
        const limit = inputs.integer('limit', 1);
        if (mode === 'limit' && limit === undefined) inputs.reject('limit', 'it is required when the mode is limit.');
        const naming = inputs.choice('naming', ['Curator', 'Kazoo'] as const, 'Curator');
        if (mode === 'limit' && naming === 'Kazoo') inputs.reject('naming', 'locks with a limit have no other layout than Curator\'s.');

        const type = inputs.choice('targetType', ['inline', 'filePath'] as const, 'inline');
        let file: string | undefined;
        if (type === 'filePath') {
            file = inputs.file('filePath', 'file');
            if (file === undefined) inputs.reject('filePath', 'it is required when the script is a file.');
            else if (path.extname(file).toLowerCase() !== '.ps1') inputs.reject('filePath', `'${file}' is not a .ps1 file.`);
        } else {
            const script = inputs.block('script');
            if (script === undefined) inputs.reject('script', 'it is required.');
            // A file, as 'exit' ends a file and not the task. Windows PowerShell's mark of UTF-8 does no harm in pwsh and is not needed.
            else file = scratch.write('script.ps1', script);
        }
        return {
            ensemble,
            lock: {
                Path: paths,
                ...(mode === 'shared' && { Shared: true }),
                ...(mode === 'limit' && { Limit: limit }),
                ...(naming === 'Kazoo' && { Naming: naming }),
                ...(inputs.text('lockTimeout') && { Timeout: inputs.duration('lockTimeout') }),
            },
            script: file,
            scriptParameters: inputs.pairs('scriptParameters'),
            workingDirectory: inputs.file('workingDirectory', 'folder') ?? process.cwd(),
            errorAction: inputs.choice('errorActionPreference', ['stop', 'continue', 'silentlyContinue'] as const, 'stop'),
            ignoreExitCode: inputs.flag('ignoreLastExitCode'),
        };
    },
});
