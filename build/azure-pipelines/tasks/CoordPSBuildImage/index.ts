import * as tl from 'azure-pipelines-task-lib/task';
import { isRepository, isTag, readRegistry } from '../../common/docker';
import { runTask } from '../../common/task';

void runTask({
    directory: __dirname,
    read(inputs, scratch) {
        const registry = readRegistry(inputs, 'containerRegistry', scratch);
        const repository = inputs.required('repository');
        const name = repository.startsWith(registry?.prefix ?? '') ? repository : `${registry?.prefix}${repository}`;
        if (repository !== '' && !isRepository(name)) inputs.reject('repository', `'${name}' can't be a repository's name; write it as team/app, in small letters and without a tag.`);
        const tags = inputs.lines('tags').flatMap(line => line.split(',').map(tag => tag.trim()));
        if (tags.length === 0) inputs.reject('tags', 'it is required.');
        for (const tag of tags) if (!isTag(tag)) inputs.reject('tags', `'${tag}' can't be a tag.`);

        const labels = inputs.pairs('labels');
        if (inputs.flag('addPipelineData', true)) {
            const known = {
                'org.opencontainers.image.source': tl.getVariable('Build.Repository.Uri'),
                'org.opencontainers.image.revision': tl.getVariable('Build.SourceVersion'),
                'com.azure.dev.image.build.buildnumber': tl.getVariable('Build.BuildNumber'),
                'com.azure.dev.image.build.definitionname': tl.getVariable('Build.DefinitionName'),
            };
            for (const [key, value] of Object.entries(known)) if (value) labels[key] ??= value;
        }
        const buildArguments = inputs.pairs('buildArguments');
        const dockerfile = inputs.file('dockerfile', 'file');
        const context = inputs.file('buildContext', 'folder');
        if (context === undefined) inputs.reject('buildContext', 'it is required.');
        const target = inputs.text('target');
        const platform = inputs.text('platform');
        if (platform !== undefined && !/^[a-z0-9]+\/[a-z0-9]+(\/[a-z0-9]+)?$/.test(platform)) inputs.reject('platform', `'${platform}' is not a platform such as linux/amd64.`);
        const dockerHost = inputs.text('dockerHost');
        return {
            dockerConfig: registry?.configFolder,
            build: {
                Path: context,
                Tag: tags.map(tag => `${name}:${tag}`),
                ...(Object.keys(buildArguments).length > 0 && { BuildArg: buildArguments }),
                ...(Object.keys(labels).length > 0 && { Label: labels }),
                ...(dockerfile && { File: dockerfile }),
                ...(target && { Target: target }),
                ...(platform && { Platform: platform }),
                ...(inputs.flag('noCache') && { NoCache: true }),
                ...(inputs.flag('pull') && { Pull: true }),
                ...(inputs.flag('buildKit') && { BuildKit: true }),
                ...(dockerHost && { DockerHost: dockerHost }),
            },
            push: inputs.flag('push', true),
        };
    },
});
