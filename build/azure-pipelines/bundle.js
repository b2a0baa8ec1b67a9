// Makes the folders of the extension: each task in one file with what it uses of common/ and of its packages. usage: node bundle.js STAGE [VERSION]
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const esbuild = require('esbuild');

const [stage, given] = process.argv.slice(2);
const manifest = JSON.parse(fs.readFileSync(path.join(__dirname, 'vss-extension.json'), 'utf8'));
const version = given || manifest.version;
if (!/^\d+\.\d+\.\d+$/.test(version)) throw new Error(`'${version}' is not a version such as 1.2.3`);
const [major, minor, patch] = version.split('.').map(Number);
const write = (file, value) => fs.writeFileSync(file, `${JSON.stringify(value, undefined, 2)}\n`);
write(path.join(stage, 'vss-extension.json'), { ...manifest, version });

const library = path.dirname(require.resolve('azure-pipelines-task-lib/package.json'));
const licenses = new Map();
for (const name of fs.readdirSync(path.join(__dirname, 'tasks'))) {
    const from = path.join(__dirname, 'tasks', name);
    const to = path.join(stage, 'tasks', name);
    fs.mkdirSync(to, { recursive: true });
    const result = esbuild.buildSync({
        entryPoints: [path.join(from, 'index.ts')], outfile: path.join(to, 'index.js'), absWorkingDir: __dirname,
        bundle: true, platform: 'node', target: 'node20', format: 'cjs', metafile: true, logLevel: 'warning', legalComments: 'inline',
    });
    for (const input of Object.keys(result.metafile.inputs)) {
        const match = /^node_modules\/((@[^/]+\/)?[^/]+)\//.exec(input);
        if (match) licenses.set(match[1], path.join(__dirname, 'node_modules', match[1]));
    }
    const task = JSON.parse(fs.readFileSync(path.join(from, 'task.json'), 'utf8'));
    write(path.join(to, 'task.json'), { ...task, version: { Major: major, Minor: minor, Patch: patch } });
    fs.copyFileSync(path.join(from, 'task.ps1'), path.join(to, 'task.ps1'));
    for (const shared of ['runner.ps1', 'CoordPSTask.psm1']) fs.copyFileSync(path.join(__dirname, 'common', shared), path.join(to, shared));
    // The library looks for its messages beside itself.
    fs.copyFileSync(path.join(library, 'lib.json'), path.join(to, 'lib.json'));
}

// What the bundles contain is others' work.
const notices = [...licenses].sort().map(([name, folder]) => {
    const file = fs.readdirSync(folder).find(entry => /^licen[cs]e/i.test(entry));
    const { version: its, license } = JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8'));
    return `${name} ${its} (${license})\n\n${file ? fs.readFileSync(path.join(folder, file), 'utf8').trim() : ''}\n`;
});
fs.writeFileSync(path.join(stage, 'tasks', 'NOTICES.txt'), notices.join(`\n${'-'.repeat(80)}\n\n`));
