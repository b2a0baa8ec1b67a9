import * as tl from 'azure-pipelines-task-lib/task';

/** What a service connection authorizes with. */
export class Connection {
    readonly scheme: string;
    private readonly parameters: Map<string, string>;

    /** Reads it whole: reading one parameter by the library would write its value, a secret perhaps, to the log of a debugged run. */
    constructor(readonly id: string) {
        const authorization = tl.getEndpointAuthorization(id, true);
        this.scheme = authorization?.scheme.toLowerCase() ?? '';
        this.parameters = new Map(Object.entries(authorization?.parameters ?? {}).map(([key, value]) => [key.toLowerCase(), value]));
    }

    /** A parameter, whatever the case of its name. */
    parameter(name: string): string | undefined {
        return this.parameters.get(name.toLowerCase())?.trim() || undefined;
    }

    /** What is no secret. */
    data(name: string): string | undefined {
        return tl.getEndpointDataParameter(this.id, name, true)?.trim() || undefined;
    }

    get url(): string | undefined {
        return tl.getEndpointUrl(this.id, true);
    }
}
