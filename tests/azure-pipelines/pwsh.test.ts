import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fs from 'node:fs';
import { channelNames, pwshArguments } from '../../build/azure-pipelines/common/pwsh';

test('On Windows the arguments are one each, whatever the agent\'s folder is called', () => {
    const runner = 'C:\\agents\\R&D \'x\' %TEMP%\\_tasks\\CoordPS ü\\runner.ps1';
    const channel = channelNames('win32');
    assert.deepEqual(pwshArguments('win32', runner, channel.connect),
        ['-NoLogo', '-NoProfile', '-NonInteractive', '-ExecutionPolicy', 'Bypass', '-File', runner, '-Channel', channel.connect]);
    assert.match(channel.connect, /^coordps-[0-9a-f]{32}$/);
    assert.equal(channel.listen, `\\\\.\\pipe\\${channel.connect}`);
    assert.equal(channel.folder, undefined);
});

test('Elsewhere the channel is a socket in a folder that only the user can enter', () => {
    const channel = channelNames('linux');
    try {
        const runner = '/opt/agent one/R&D "x" $HOME/runner.ps1';
        assert.deepEqual(pwshArguments('linux', runner, channel.connect), ['-NoLogo', '-NoProfile', '-NonInteractive', '-File', runner, '-Channel', channel.connect]);
        assert.equal(fs.statSync(channel.folder!).mode & 0o777, 0o700);
        assert.ok(channel.listen.length < 100);
    } finally {
        fs.rmSync(channel.folder!, { recursive: true });
    }
});

test('No two runs share a channel', () => {
    assert.notEqual(channelNames('win32').connect, channelNames('win32').connect);
});
