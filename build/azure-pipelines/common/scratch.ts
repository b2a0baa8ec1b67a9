import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import * as tl from 'azure-pipelines-task-lib/task';

/** A folder of this task that only its user can read, and that goes with it however it ends. */
export class Scratch {
    readonly folder: string;
    private readonly onExit = (): void => this.remove();

    constructor() {
        const root = tl.getVariable('Agent.TempDirectory');
        this.folder = fs.mkdtempSync(path.join(root && fs.existsSync(root) ? root : os.tmpdir(), 'coordps-'));
        process.on('exit', this.onExit);
    }

    write(name: string, content: string): string {
        const file = path.join(this.folder, name);
        fs.mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
        fs.writeFileSync(file, content, { encoding: 'utf8', mode: 0o600 });
        return file;
    }

    remove(): void {
        process.off('exit', this.onExit);
        fs.rmSync(this.folder, { recursive: true, force: true, maxRetries: 3 });
    }
}
