using CoordPS.Containers;

namespace CoordPS;

/// <summary>A Dockerfile that was written; <c>Build-CoordImage</c> takes it from the pipeline.</summary>
public sealed class CoordDockerfile
{
    internal CoordDockerfile(string path, DockerfileRuntime runtime, DockerfileTemplate template)
    {
        Path = path;
        File = System.IO.Path.Combine(path, "Dockerfile");
        IgnoreFile = System.IO.Path.Combine(path, ".dockerignore");
        Runtime = runtime;
        BaseImage = template.EffectiveBaseImage;
        BuilderImage = template.EffectiveBuilderImage;
        EntryPoint = template.EntryPoint;
        Port = template.Port;
    }

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>The Dockerfile.</summary>
    public string File { get; }

    /// <summary>The .dockerignore beside it.</summary>
    public string IgnoreFile { get; }

    /// <summary>What the application runs on.</summary>
    public DockerfileRuntime Runtime { get; }

    /// <summary>The image that it runs on.</summary>
    public string BaseImage { get; }

    /// <summary>The image that it is built on.</summary>
    public string BuilderImage { get; }

    /// <summary>Its file and arguments.</summary>
    public IReadOnlyList<string> EntryPoint { get; }

    /// <summary>The port that it listens on.</summary>
    public int Port { get; }

    /// <inheritdoc/>
    public override string ToString() => File;
}
