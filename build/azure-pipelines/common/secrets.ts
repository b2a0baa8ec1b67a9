import * as tl from 'azure-pipelines-task-lib/task';

/** Has the agent mask a secret in everything that is logged from now on: the whole, and each line of one that has several. */
export function mask(secret: string | undefined): void {
    for (const line of new Set((secret ?? '').split(/[\r\n]+/).map(part => part.trim()))) {
        // Masking a letter or two would hide half of every log, and no secret.
        if (line.length > 2) tl.setSecret(line);
    }
}
