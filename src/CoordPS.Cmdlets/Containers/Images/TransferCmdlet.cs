using System.Management.Automation;
using CoordPS.Containers;

namespace CoordPS.Cmdlets;

/// <summary>A cmdlet that moves images between an engine and a registry: several at a time, their results in the order of the input.</summary>
public abstract class TransferCmdlet : EngineCmdlet
{
    private readonly Queue<(string Name, Task<CoordImage> Task)> _inFlight = new();

    /// <summary>The images' names: REGISTRY/REPOSITORY:TAG. Without a registry it is Docker Hub, without a tag latest.</summary>
    [Parameter(Position = 0, Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Reference")]
    [ArgumentCompleter(typeof(ImageCompleter))]
    [ValidateNotNullOrEmpty]
    public string[] Name { get; set; } = [];

    /// <summary>Name and password for the registry; the default are those that docker login has left in config.json or a credential store.</summary>
    [Parameter]
    [Credential]
    public PSCredential? Credential { get; set; }

    /// <summary>The most images at a time.</summary>
    [Parameter]
    [ValidateRange(1, 64)]
    public int ThrottleLimit { get; set; } = 4;

    /// <summary>What is done, for <c>-WhatIf</c> and progress: "Push", "Pull".</summary>
    private protected abstract string Action { get; }

    /// <summary>Starts to move an image.</summary>
    private protected abstract IAsyncEnumerable<TransferEvent> Transfer(DockerEngineClient engine, string name, RegistryAuth? auth);

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        foreach (string name in Name)
        {
            if (!ShouldProcess(name, $"{Action} image"))
                continue;
            while (_inFlight.Count >= ThrottleLimit)
                await EmitHeadAsync();
            _inFlight.Enqueue((name, TransferAsync(Engine, name)));
            while (_inFlight.TryPeek(out (string, Task<CoordImage> Task) head) && head.Task.IsCompleted)
                await EmitHeadAsync();
        }
    }

    /// <inheritdoc/>
    protected override async Task EndAsync()
    {
        while (_inFlight.Count > 0)
            await EmitHeadAsync();
    }

    private async Task EmitHeadAsync()
    {
        (string name, Task<CoordImage> task) = _inFlight.Dequeue();
        CoordImage image;
        try
        {
            image = await task.WaitAsync(Cancellation);
        }
        catch (DockerException e)
        {
            WriteError(e, name);
            return;
        }

        WriteObject(image);
    }

    private async Task<CoordImage> TransferAsync(DockerEngineClient engine, string name)
    {
        RegistryAuth? auth = Credential is null ? null : new RegistryAuth
        {
            UserName = Credential.UserName,
            Password = Credential.GetNetworkCredential().Password,
            ServerAddress = ImageReference.Parse(name).Registry,
        };
        var progress = new TransferProgress(this, $"{Action} {name}");
        string? digest = null;
        try
        {
            await foreach (TransferEvent happened in Transfer(engine, name, auth))
            {
                progress.Report(happened);
                if (happened is { Layer: null, Digest: null })
                    WriteVerbose($"{name}: {happened.Status}");
                digest = happened.Digest ?? digest;
            }
        }
        finally
        {
            progress.Complete();
        }

        WriteVerbose($"{name}: {digest}");
        return new CoordImage(await engine.GetImageAsync(name, Cancellation), name, engine.Endpoint, digest);
    }
}
