using System.Management.Automation;
using CoordPS.Containers;
using CoordPS.Protocol;

namespace CoordPS.Cmdlets;

/// <summary>
/// Writes a Dockerfile and a .dockerignore for an application: a stage that builds it and one that runs it, base images of fixed versions, a user
/// that is not root, a health check. Files that are there stay, unless -Force is given.
/// </summary>
[Cmdlet(VerbsCommon.New, "CoordDockerfile", SupportsShouldProcess = true)]
[OutputType(typeof(CoordDockerfile))]
public sealed class NewCoordDockerfileCommand : AsyncCmdlet
{
    /// <summary>What the application runs on: java, dotnet, node, python, or static for a program that needs nothing and is built already.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    public DockerfileRuntime Runtime { get; set; }

    /// <summary>The application's file, and its arguments: app.jar, App.dll, server.js, app.py, or the program.</summary>
    [Parameter(Mandatory = true, Position = 1)]
    [ValidateNotNullOrEmpty]
    public string[] EntryPoint { get; set; } = [];

    /// <summary>The folder to write to, that of the sources; the current one by default.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = ".";

    /// <summary>The version of the runtime: 21 for java, 10.0 for dotnet, 24 for node, 3.13 for python by default; for static, of busybox: 1.37.</summary>
    [Parameter]
    [ValidatePattern(@"^\w[\w.-]*$")]
    public string? Version { get; set; }

    /// <summary>The image to run on, in place of the runtime's usual one.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(ImageCompleter))]
    [ValidatePattern(@"^\S+$")]
    public string? BaseImage { get; set; }

    /// <summary>The image to build on, in place of the runtime's usual one.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(ImageCompleter))]
    [ValidatePattern(@"^\S+$")]
    public string? BuilderImage { get; set; }

    /// <summary>The shell command that builds the application in /src and leaves it in /out, in place of the runtime's usual one.</summary>
    [Parameter]
    [ValidatePattern(@"^[^\r\n]+$")]
    public string? BuildCommand { get; set; }

    /// <summary>The port that the application listens on; default 8080.</summary>
    [Parameter]
    [ValidateRange(1, 65535)]
    public int Port { get; set; } = 8080;

    /// <summary>The shell command that succeeds while the application is well; by default it is well while its port is open.</summary>
    [Parameter]
    [ValidatePattern(@"^[^\r\n]+$")]
    public string? HealthCheck { get; set; }

    /// <summary>Writes over files that are there.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        string folder = GetUnresolvedProviderPathFromPSPath(Path);
        var template = new DockerfileTemplate(Runtime, EntryPoint)
        {
            Version = Version,
            BaseImage = BaseImage,
            BuilderImage = BuilderImage,
            BuildCommand = BuildCommand,
            Port = Port,
            HealthCheck = HealthCheck,
        };
        var result = new CoordDockerfile(folder, Runtime, template);
        (string File, string Text)[] files = [(result.File, template.ToDockerfile()), (result.IgnoreFile, template.ToDockerIgnore())];
        // Both or none.
        if (!Force && Array.Find(files, static file => System.IO.File.Exists(file.File)).File is { } existing)
        {
            WriteError(new CoordException("FileExists", ErrorCode.NodeExists, $"'{existing}' exists already; nothing was written.",
                "Give -Force to write over it, or another -Path.", existing), existing);
            return;
        }

        if (!ShouldProcess(folder, "Write Dockerfile and .dockerignore"))
            return;
        try
        {
            Directory.CreateDirectory(folder);
            foreach ((string file, string text) in files)
            {
                WriteVerbose($"Writing {file}.");
                await System.IO.File.WriteAllTextAsync(file, text, Cancellation);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CoordException("WriteFailed", ErrorCode.SystemError, $"The Dockerfile can't be written to '{folder}': {e.Message}",
                "Check the folder and its permissions.", folder, e, ErrorCategory.WriteError);
        }

        WriteObject(result);
    }
}
