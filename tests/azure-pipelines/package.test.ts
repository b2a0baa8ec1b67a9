import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { before, describe, test } from 'node:test';
import JSZip from 'jszip';
import { taskNames } from './support';

const vsix = process.env.COORDPS_TEST_VSIX;
describe('The .vsix', { skip: vsix ? false : 'it is not packed; run tests/azure-pipelines/run.sh' }, () => {
    let zip: JSZip;
    const text = (name: string): Promise<string> => zip.file(name)!.async('string');
    before(async () => { zip = await JSZip.loadAsync(fs.readFileSync(vsix!)); });

    test('It has each task with all that it needs', async () => {
        for (const task of taskNames) {
            const json = JSON.parse(await text(`tasks/${task}/task.json`)) as { name: string; execution: Record<string, { target: string }>; version: unknown };
            assert.equal(json.name, task);
            assert.deepEqual(json.version, { Major: 9, Minor: 8, Patch: 7 });
            for (const handler of Object.values(json.execution)) assert.ok(zip.file(`tasks/${task}/${handler.target}`), handler.target);
            for (const name of ['task.ps1', 'runner.ps1', 'CoordPSTask.psm1', 'lib.json', 'icon.png']) assert.ok(zip.file(`tasks/${task}/${name}`), `${task}/${name}`);
        }
    });

    test('The packages that tasks use are in their one file: it needs nothing but node', async () => {
        for (const task of taskNames) {
            const bundle = await text(`tasks/${task}/index.js`);
            assert.match(bundle, /azure-pipelines-task-lib/);
            const builtin = new Set((await import('node:module')).builtinModules);
            for (const [, name] of bundle.matchAll(/\brequire\("([^"]+)"\)/g)) assert.ok(builtin.has(name!.replace(/^node:/, '')), name);
        }
        assert.match(await text('tasks/NOTICES.txt'), /azure-pipelines-task-lib/);
    });

    test('Nothing of the development is in it, and it is small', () => {
        const known = /^(\[Content_Types\]\.xml|extension\.vs(ixmanifest|omanifest)|overview\.md|images\/(icon\.png)?|tasks\/(NOTICES\.txt)?|tasks\/\w+\/((index\.js|(task|lib)\.json|(task|runner)\.ps1|CoordPSTask\.psm1|icon\.png)?))$/;
        assert.deepEqual(Object.keys(zip.files).filter(name => !known.test(name)), []);
        assert.ok(fs.statSync(vsix!).size < 2_000_000);
    });

    test('Publisher and version are those that were asked for', async () => {
        assert.equal(path.basename(vsix!), 'a-publisher.coordps-9.8.7.vsix');
        assert.match(await text('extension.vsixmanifest'), /<Identity [^>]*Id="coordps" Publisher="a-publisher" Version="9\.8\.7"/);
    });

    test('The icon is a PNG of 128 by 128', async () => {
        const icon = await zip.file('images/icon.png')!.async('nodebuffer');
        assert.equal(icon.subarray(1, 4).toString('latin1'), 'PNG');
        assert.deepEqual([icon.readUInt32BE(16), icon.readUInt32BE(20)], [128, 128]);
    });
});
