using System.Management.Automation;
using CoordPS.Containers;

namespace CoordPS.Cmdlets;

/// <summary>A cmdlet that talks to a Docker Engine.</summary>
public abstract class EngineCmdlet : AsyncCmdlet
{
    private readonly Dictionary<(string?, string?), DockerEngineClient> _engines = [];
    private bool _hostNamed, _contextNamed;

    /// <summary>
    /// The address of the engine: unix:///PATH, npipe:////./pipe/NAME or tcp://HOST:PORT. The default is that of the docker command:
    /// DOCKER_HOST, DOCKER_CONTEXT, the current docker context, the engine of this machine. DOCKER_TLS_VERIFY and DOCKER_CERT_PATH secure TCP.
    /// </summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public string? DockerHost { get; set; }

    /// <summary>The docker context that names the engine.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(DockerContextCompleter))]
    public string? DockerContext { get; set; }

    /// <summary>The engine for the current object; asking for it throws when it is not to be found.</summary>
    private protected DockerEngineClient Engine
    {
        get
        {
            // What the caller names goes before what an object of the pipeline says of itself.
            string? host = _contextNamed && !_hostNamed ? null : Given(DockerHost);
            string? context = _hostNamed && !_contextNamed ? null : Given(DockerContext);
            if (!_engines.TryGetValue((host, context), out DockerEngineClient? engine))
            {
                engine = new DockerEngineClient(EndpointResolver.Resolve(host, context));
                _engines.Add((host, context), engine);
            }

            return engine;

            static string? Given(string? text) => string.IsNullOrEmpty(text) ? null : text;
        }
    }

    /// <inheritdoc/>
    protected override Task BeginAsync()
    {
        _hostNamed = IsBound(nameof(DockerHost));
        _contextNamed = IsBound(nameof(DockerContext));
        return base.BeginAsync();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (!disposing)
            return;
        foreach (DockerEngineClient engine in _engines.Values)
            engine.Dispose();
        _engines.Clear();
    }
}
