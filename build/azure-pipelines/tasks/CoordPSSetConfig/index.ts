import { readEnsemble } from '../../common/ensemble';
import { runTask } from '../../common/task';

void runTask({
    directory: __dirname,
    read(inputs, scratch) {
        const ensemble = readEnsemble(inputs);
        const path = inputs.znode('path');
        if (path === undefined) inputs.reject('path', 'it is required.');
        const source = inputs.choice('source', ['settings', 'inline', 'file'] as const, 'settings');
        let file: string | undefined;
        let settings: Record<string, string> | undefined;
        if (source === 'settings') {
            settings = inputs.pairs('settings');
            if (Object.keys(settings).length === 0) inputs.reject('settings', 'it is required.');
            for (const key of Object.keys(settings)) inputs.checkZNode('settings', `/${key}`);
        } else if (source === 'inline') {
            const content = inputs.block('content');
            const format = inputs.choice('format', ['json', 'yaml', 'env'] as const, 'yaml');
            if (content === undefined) inputs.reject('content', 'it is required.');
            else file = scratch.write(`settings.${format}`, content);
        } else {
            file = inputs.file('filePath', 'file');
            if (file === undefined) inputs.reject('filePath', 'it is required when the settings are in a file.');
        }
        return {
            ensemble, path, file, settings,
            prefix: inputs.text('prefix'),
            prune: inputs.flag('prune'),
            showValues: inputs.flag('showValues'),
        };
    },
});
