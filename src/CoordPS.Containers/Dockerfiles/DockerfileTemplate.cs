using System.Globalization;
using System.Text;
using System.Text.Json;

namespace CoordPS.Containers;

/// <summary>What an application runs on.</summary>
public enum DockerfileRuntime
{
    /// <summary>A Java runtime; built with Maven.</summary>
    Java,

    /// <summary>ASP.NET Core; built with the SDK.</summary>
    DotNet,

    /// <summary>Node.js; built with npm.</summary>
    Node,

    /// <summary>Python; its requirements installed with pip.</summary>
    Python,

    /// <summary>Nothing: a program that is linked statically, built before.</summary>
    Static,
}

/// <summary>
/// A Dockerfile for an application: one stage that builds and one that runs, bases of fixed versions, a user that is not root and owns nothing, a
/// health check. The first stage leaves in <c>/out</c> what the second has in <c>/app</c>.
/// </summary>
public sealed class DockerfileTemplate
{
    private const int User = 10001;

    private readonly DockerfileRuntime _runtime;

    /// <summary>A Dockerfile for a runtime.</summary>
    /// <param name="runtime">What the application runs on.</param>
    /// <param name="entryPoint">The application's file, relative to <c>/app</c>, and its arguments.</param>
    public DockerfileTemplate(DockerfileRuntime runtime, IReadOnlyList<string> entryPoint)
    {
        ArgumentNullException.ThrowIfNull(entryPoint);
        ArgumentOutOfRangeException.ThrowIfZero(entryPoint.Count);
        _runtime = runtime;
        EntryPoint = entryPoint;
    }

    /// <summary>The application's file and its arguments.</summary>
    public IReadOnlyList<string> EntryPoint { get; }

    /// <summary>The version of the runtime, of busybox for <see cref="DockerfileRuntime.Static"/>; a recent one with long support if null.</summary>
    public string? Version { get; init; }

    /// <summary>The image that the application runs on; the runtime's usual one if null.</summary>
    public string? BaseImage { get; init; }

    /// <summary>The image that it is built on; the runtime's usual one if null.</summary>
    public string? BuilderImage { get; init; }

    /// <summary>The shell command that builds it into <c>/out</c>; the runtime's usual one if null.</summary>
    public string? BuildCommand { get; init; }

    /// <summary>The port that it listens on.</summary>
    public int Port { get; init; } = 8080;

    /// <summary>The command that tells whether it is well, in a shell; if null it is whether the port is open.</summary>
    public string? HealthCheck { get; init; }

    /// <summary>The base image that is written.</summary>
    public string EffectiveBaseImage => BaseImage ?? _runtime switch
    {
        DockerfileRuntime.Java => $"eclipse-temurin:{EffectiveVersion}-jre",
        DockerfileRuntime.DotNet => $"mcr.microsoft.com/dotnet/aspnet:{EffectiveVersion}",
        DockerfileRuntime.Node => $"node:{EffectiveVersion}-slim",
        DockerfileRuntime.Python => $"python:{EffectiveVersion}-slim",
        _ => $"busybox:{EffectiveVersion}",
    };

    /// <summary>The builder image that is written.</summary>
    public string EffectiveBuilderImage => BuilderImage ?? _runtime switch
    {
        DockerfileRuntime.Java => $"maven:3.9-eclipse-temurin-{EffectiveVersion}",
        DockerfileRuntime.DotNet => $"mcr.microsoft.com/dotnet/sdk:{EffectiveVersion}",
        DockerfileRuntime.Node => $"node:{EffectiveVersion}",
        DockerfileRuntime.Python => $"python:{EffectiveVersion}",
        _ => EffectiveBaseImage,
    };

    /// <summary>The Dockerfile.</summary>
    public string ToDockerfile()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"""
            # The application is built in one stage and run in another: the image has neither its sources nor its tools.
            # Pin the bases by digest (NAME@sha256:...) where builds have to be the same for ever.
            ARG BUILDER_IMAGE={EffectiveBuilderImage}
            ARG BASE_IMAGE={EffectiveBaseImage}

            FROM ${"{BUILDER_IMAGE}"} AS build
            WORKDIR /src
            {BuildSteps()}

            FROM ${"{BASE_IMAGE}"}
            WORKDIR /app
            # It belongs to root and can't be changed by what runs.
            COPY --from=build /out /app

            """);
        if (Environment() is { } environment)
            text.Append(CultureInfo.InvariantCulture, $"ENV {environment}\n");
        text.Append(CultureInfo.InvariantCulture, $"""
            # By number, so that Kubernetes can tell that it is not root.
            USER {User}:{User}
            EXPOSE {Port}
            HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 CMD {HealthCheck ?? PortCheck()}
            ENTRYPOINT {Json([.. Launcher(), .. EntryPoint.Skip(1)])}

            """);
        return text.ToString().ReplaceLineEndings("\n");
    }

    /// <summary>The <c>.dockerignore</c> that goes with it.</summary>
    public string ToDockerIgnore()
    {
        string[] own = _runtime switch
        {
            DockerfileRuntime.Java => ["**/target", "**/build", "**/*.class", ".gradle"],
            DockerfileRuntime.DotNet => ["**/bin", "**/obj", "**/TestResults", "**/*.user"],
            DockerfileRuntime.Node => ["**/node_modules", "**/npm-debug.log*", "coverage"],
            DockerfileRuntime.Python => ["**/__pycache__", "**/*.py[co]", "**/.venv", "**/.pytest_cache"],
            _ => [],
        };
        // The program of a static image is built before, perhaps into one of these.
        return string.Join('\n',
        [
            "# What the build does not need, or the image must not have.",
            ".git", ".github", ".gitignore", ".idea", ".vs", ".vscode", "Dockerfile", ".dockerignore", "compose*.y*ml", "**/.env*", "**/*.pem", "**/*.key", "**/*.pfx",
            .. own, "",
        ]);
    }

    private string EffectiveVersion => Version ?? _runtime switch
    {
        DockerfileRuntime.Java => "21",
        DockerfileRuntime.DotNet => "10.0",
        DockerfileRuntime.Node => "24",
        DockerfileRuntime.Python => "3.13",
        _ => "1.37",
    };

    private string BuildSteps()
    {
        string copy = "COPY . .\n";
        // What rarely changes comes first, and is not done anew with each change of a source.
        (string first, string command) = _runtime switch
        {
            DockerfileRuntime.Java => ("", "mvn --batch-mode --no-transfer-progress package && mkdir -p /out && cp target/*.jar /out/"),
            DockerfileRuntime.DotNet => ("", "dotnet publish --configuration Release --output /out"),
            DockerfileRuntime.Node => ("COPY package*.json ./\nRUN npm ci\n", "npm run build --if-present && npm prune --omit=dev && mkdir -p /out && cp -R . /out"),
            DockerfileRuntime.Python => (
                "COPY requirements.txt ./\nRUN pip install --no-cache-dir --target /out/packages --requirement requirements.txt\n", "mkdir -p /out && cp -R . /out"),
            _ => ("", $"mkdir -p /out && cp {Quote(EntryPoint[0])} /out/ && chmod 0555 {Quote("/out/" + FileName(EntryPoint[0]))}"),
        };
        return BuildCommand is null ? $"{first}{copy}RUN {command}" : $"{copy}RUN {BuildCommand}";
    }

    private string? Environment() => _runtime switch
    {
        DockerfileRuntime.Java => "JAVA_TOOL_OPTIONS=-XX:MaxRAMPercentage=75",
        DockerfileRuntime.DotNet => $"ASPNETCORE_HTTP_PORTS={Port}",
        DockerfileRuntime.Node => "NODE_ENV=production",
        DockerfileRuntime.Python => "PYTHONPATH=/app/packages PYTHONUNBUFFERED=1",
        _ => null,
    };

    private string[] Launcher() => _runtime switch
    {
        DockerfileRuntime.Java => ["java", "-jar", EntryPoint[0]],
        DockerfileRuntime.DotNet => ["dotnet", EntryPoint[0]],
        DockerfileRuntime.Node => ["node", EntryPoint[0]],
        DockerfileRuntime.Python => ["python", EntryPoint[0]],
        _ => [$"/app/{FileName(EntryPoint[0])}"],
    };

    private string PortCheck() => _runtime switch
    {
        DockerfileRuntime.Java or DockerfileRuntime.DotNet => Json(["bash", "-c", $"</dev/tcp/127.0.0.1/{Port}"]),
        DockerfileRuntime.Node => Json(
            ["node", "-e", $"require('net').connect({Port}, '127.0.0.1').on('connect', () => process.exit(0)).on('error', () => process.exit(1))"]),
        DockerfileRuntime.Python => Json(["python", "-c", $"import socket; socket.create_connection(('127.0.0.1', {Port}), 2)"]),
        _ => Json(["nc", "-z", "127.0.0.1", Port.ToString(CultureInfo.InvariantCulture)]),
    };

    private static string FileName(string path) => path[(path.LastIndexOf('/') + 1)..];

    private static string Quote(string text) => $"'{text.Replace("'", @"'\''", StringComparison.Ordinal)}'";

    private static string Json(string[] words) =>
        $"[{string.Join(", ", words.Select(static word => $"\"{JsonEncodedText.Encode(word, System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\""))}]";
}
