import * as fs from 'node:fs';
import * as path from 'node:path';
import * as tl from 'azure-pipelines-task-lib/task';

/** What a user can set right: reported as it is, without a stack trace. */
export class InputError extends Error {}

const duration = /^\d+(\.\d+)?\s*(ms|s|m|h|d)?$/i;
const timeSpan = /^(\d+\.)?\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?$/;

/**
 * Reads a task's inputs. What is wrong with them is collected, so that a user sees all of it at once: call `check` when all are read.
 * An empty input and one that is left out are the same.
 */
export class Inputs {
    private readonly problems: string[] = [];

    /** Notes a problem with an input. */
    reject(name: string, problem: string): void {
        this.problems.push(`Input '${name}': ${problem}`);
    }

    /** Throws when an input was rejected. */
    check(): void {
        if (this.problems.length > 0) throw new InputError(this.problems.join('\n'));
    }

    /** A text on one line. */
    text(name: string): string | undefined {
        const value = tl.getInput(name)?.trim();
        if (value && /[\r\n\0]/.test(value)) this.reject(name, 'it has to be on one line.');
        return value || undefined;
    }

    /** A text of any length, as it is. */
    block(name: string): string | undefined {
        const value = tl.getInput(name);
        return value && value.trim() ? value : undefined;
    }

    /** A text that must be there. An empty one is returned when it is not. */
    required(name: string): string {
        const value = this.text(name);
        if (value === undefined) this.reject(name, 'it is required.');
        return value ?? '';
    }

    flag(name: string, otherwise = false): boolean {
        const value = this.text(name)?.toLowerCase();
        if (value !== undefined && value !== 'true' && value !== 'false') this.reject(name, `'${value}' is neither true nor false.`);
        return value === undefined ? otherwise : value === 'true';
    }

    choice<T extends string>(name: string, choices: readonly T[], otherwise: T): T {
        const value = this.text(name);
        if (value === undefined) return otherwise;
        const found = choices.find(c => c.toLowerCase() === value.toLowerCase());
        if (found === undefined) this.reject(name, `'${value}' is none of ${choices.join(', ')}.`);
        return found ?? otherwise;
    }

    integer(name: string, minimum: number, maximum = 2 ** 31 - 1): number | undefined {
        const value = this.text(name);
        if (value === undefined) return undefined;
        const number = Number(value);
        if (!/^\d+$/.test(value) || number < minimum || number > maximum)
            this.reject(name, `'${value}' is not a whole number from ${minimum} to ${maximum}.`);
        return number;
    }

    /** A duration as the cmdlets take it. */
    duration(name: string): string | undefined {
        const value = this.text(name);
        if (value !== undefined && !duration.test(value) && !timeSpan.test(value))
            this.reject(name, `'${value}' is not a duration; write 30s, 5m, 1h or a number of seconds.`);
        return value;
    }

    /** Lines that are not empty, without the space around them. */
    lines(name: string): string[] {
        return (tl.getInput(name) ?? '').split(/\r\n|\r|\n/).map(line => line.trim()).filter(line => line !== '');
    }

    /** Lines of NAME=VALUE. Only the space around names is cut off. */
    pairs(name: string): Record<string, string> {
        const pairs: Record<string, string> = {};
        for (const line of (tl.getInput(name) ?? '').split(/\r\n|\r|\n/)) {
            if (line.trim() === '') continue;
            const at = line.indexOf('=');
            const key = line.slice(0, at).trim();
            // The line is not shown: its value may be a secret.
            if (at < 1 || key === '') this.reject(name, 'each line has to be NAME=VALUE.');
            else if (Object.hasOwn(pairs, key)) this.reject(name, `${key} is there twice.`);
            else Object.defineProperty(pairs, key, { value: line.slice(at + 1), enumerable: true, configurable: true, writable: true });
        }
        return pairs;
    }

    /** The path of a znode. */
    znode(name: string): string | undefined {
        const value = this.text(name);
        if (value !== undefined) this.checkZNode(name, value);
        return value;
    }

    checkZNode(name: string, value: string): void {
        if (!/^\/([^/]+(\/[^/]+)*)?$/.test(value) || value.split('/').some(part => part === '.' || part === '..'))
            this.reject(name, `'${value}' is not a znode path; write an absolute path such as /app/config.`);
    }

    /** A path on the agent, made absolute; nothing when it is left out. */
    file(name: string, kind: 'file' | 'folder' | 'any' = 'any'): string | undefined {
        const value = this.text(name);
        // The agent turns an empty filePath input into the folder of the sources, which is no file.
        if (value === undefined || (kind === 'file' && !tl.filePathSupplied(name))) return undefined;
        const full = path.resolve(tl.getVariable('System.DefaultWorkingDirectory') ?? process.cwd(), value);
        const found = fs.statSync(full, { throwIfNoEntry: false });
        if (kind === 'file' && !found?.isFile()) this.reject(name, `there is no file '${full}'.`);
        if (kind === 'folder' && !found?.isDirectory()) this.reject(name, `there is no folder '${full}'.`);
        return full;
    }
}
