import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { describe, test } from 'node:test';
import { root, taskNames } from './support';

interface Input { name: string; type: string; label: string; aliases?: string[]; groupName?: string; visibleRule?: string; required?: boolean; defaultValue?: string; options?: Record<string, string> }
interface Task {
    id: string; name: string; friendlyName: string; description: string; minimumAgentVersion: string; instanceNameFormat: string;
    version: { Major: number; Minor: number; Patch: number };
    groups: { name: string; visibleRule?: string }[]; inputs: Input[]; outputVariables: { name: string }[];
    execution: Record<string, { target: string }>;
    restrictions: { commands?: { mode: string }; settableVariables?: { allowed: string[] } };
}
const folder = path.join(root, 'build/azure-pipelines');
const read = (file: string): string => fs.readFileSync(path.join(folder, file), 'utf8');
const tasks = taskNames.map(name => JSON.parse(read(`tasks/${name}/task.json`)) as Task);

test('The extension contributes every task, and nothing that is not there', () => {
    const extension = JSON.parse(read('vss-extension.json')) as { version: string; contributions: { id: string; type: string; properties: { name: string } }[] };
    const contributed = extension.contributions.filter(c => c.type === 'ms.vss-distributed-task.task').map(c => c.properties.name);
    assert.deepEqual(contributed.sort(), fs.readdirSync(path.join(folder, 'tasks')).map(name => `tasks/${name}`).sort());
    assert.equal(new Set(extension.contributions.map(c => c.id)).size, extension.contributions.length);
});

test('Each task has an id of its own', () => {
    assert.equal(new Set(tasks.map(task => task.id)).size, tasks.length);
});

for (const [index, task] of tasks.entries()) {
    describe(taskNames[index]!, () => {
        test('Its name, length of names, and handlers: Node 24, and Node 20 for agents without', () => {
            assert.equal(task.name, taskNames[index]);
            assert.match(task.id, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
            assert.ok(task.friendlyName.length <= 40);
            assert.deepEqual(Object.keys(task.execution), ['Node24', 'Node20_1']);
            for (const handler of Object.values(task.execution)) assert.equal(handler.target, 'index.js');
        });

        test('Groups and rules name what is there', () => {
            const names = new Set(task.inputs.map(input => input.name));
            assert.equal(names.size, task.inputs.length);
            for (const input of task.inputs)
                if (input.groupName) assert.ok(task.groups.some(group => group.name === input.groupName), `${input.name}: ${input.groupName}`);
            for (const { visibleRule } of [...task.inputs, ...task.groups])
                for (const part of visibleRule?.split(/&&|\|\|/) ?? []) {
                    const [, name, , value] = /^\s*(\w+)\s*(=|!=)\s*(\w+)\s*$/.exec(part) ?? [];
                    assert.ok(name && names.has(name), part);
                    const options = task.inputs.find(input => input.name === name)!.options;
                    if (options) assert.ok(Object.hasOwn(options, value!), part);
                }
            for (const [, name] of task.instanceNameFormat.matchAll(/\$\((\w+)\)/g)) assert.ok(names.has(name!));
        });

        test('Lists of choices have their default', () => {
            for (const input of task.inputs.filter(one => one.options)) assert.ok(Object.hasOwn(input.options!, input.defaultValue ?? ''), input.name);
        });

        test('What it reads are its inputs, and all of its inputs are read', () => {
            const sources = [read(`tasks/${task.name}/index.ts`), read('common/task.ts'), read('common/pwsh.ts')];
            for (const [, name] of sources[0]!.matchAll(/from '\.\.\/\.\.\/(common\/\w+)'/g)) sources.push(read(`${name}.ts`));
            const used = new Set([...sources.join('\n').matchAll(/inputs\.(?:text|block|required|flag|choice|integer|duration|lines|pairs|znode|file)\('(\w+)'/g)].map(match => match[1]!));
            for (const [, name] of sources.join('\n').matchAll(/readRegistry\(inputs, '(\w+)'/g)) used.add(name!);
            assert.deepEqual([...used].sort(), task.inputs.map(input => input.name).sort());
        });

        test('The variables that it sets are those it declares, and no others can be set', () => {
            const declared = task.outputVariables.map(variable => variable.name).sort();
            const set = new Set([...read(`tasks/${task.name}/task.ps1`).matchAll(/Set-TaskVariable (\w+)/g)].map(match => match[1]!));
            assert.deepEqual([...set].sort(), declared);
            if (task.name !== 'CoordPSUseLock') assert.deepEqual(task.restrictions.settableVariables!.allowed.toSorted(), declared);
        });
    });
}

test('The packages are locked without the address of a registry', () => {
    const lock = JSON.parse(read('package-lock.json')) as { packages: Record<string, { resolved?: string; integrity?: string }> };
    for (const [name, entry] of Object.entries(lock.packages)) {
        if (name === '') continue;
        assert.equal(entry.resolved, undefined, name);
        assert.match(entry.integrity ?? '', /^sha512-/, name);
    }
});
