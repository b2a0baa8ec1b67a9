using System.Text.Json.Nodes;

namespace CoordPS.Kubernetes;

/// <summary>
/// A kubeconfig as kubectl reads it: the file given; else those of <c>KUBECONFIG</c>, merged so that the first to set something wins; else
/// <c>~/.kube/config</c>.
/// </summary>
public sealed class KubeConfig
{
    private readonly Dictionary<string, Entry> _clusters = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Entry> _users = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Entry> _contexts = new(StringComparer.Ordinal);
    private readonly List<string> _files = [];
    private readonly List<string> _missing = [];

    private KubeConfig()
    {
    }

    /// <summary>The files that were read.</summary>
    public IReadOnlyList<string> Files => _files;

    /// <summary>The files that were looked for and are not there.</summary>
    public IReadOnlyList<string> MissingFiles => _missing;

    /// <summary>The context that is used when none is asked for; null if there is none.</summary>
    public string? CurrentContext { get; private set; }

    /// <summary>The names of all contexts.</summary>
    public IReadOnlyCollection<string> Contexts => _contexts.Keys;

    /// <summary>The names of all clusters.</summary>
    public IReadOnlyCollection<string> Clusters => _clusters.Keys;

    /// <summary>The names of all users.</summary>
    public IReadOnlyCollection<string> Users => _users.Keys;

    /// <summary>Whether nothing was configured at all.</summary>
    internal bool IsEmpty => _contexts.Count == 0 && _clusters.Count == 0 && _users.Count == 0 && CurrentContext is null;

    /// <summary>Reads the files.</summary>
    /// <param name="path">The one file to read, which must be there; null for those of <c>KUBECONFIG</c> or the default, which need not.</param>
    /// <exception cref="KubernetesException">A file can't be read or is no kubeconfig; the message names it.</exception>
    public static KubeConfig Load(string? path = null) => path is not null
        ? Load([path], required: true)
        : Load(DefaultFiles(Environment.GetEnvironmentVariable("KUBECONFIG")), required: false);

    /// <summary>The namespace of a context; null if it sets none or is not there.</summary>
    /// <param name="context">Its name; null for the current one.</param>
    public string? NamespaceOf(string? context = null) =>
        (context ?? CurrentContext) is { } name && _contexts.TryGetValue(name, out Entry? entry) && entry.Json.Text("namespace") is { Length: > 0 } ns ? ns : null;

    internal static IReadOnlyList<string> DefaultFiles(string? variable)
    {
        string[] files = [.. (variable ?? "").Split(Path.PathSeparator).Where(static file => file.Length > 0).Distinct(StringComparer.Ordinal)];
        return files.Length > 0 ? files : [Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".kube", "config")];
    }

    internal static KubeConfig Load(IReadOnlyList<string> files, bool required)
    {
        var config = new KubeConfig();
        foreach (string file in files)
        {
            string text;
            try
            {
                text = File.ReadAllText(file);
            }
            catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
            {
                if (required)
                    throw Error($"The kubeconfig {file} is not there.", "Check the path.", e);
                config._missing.Add(file);
                continue;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw Error($"The kubeconfig {file} can't be read: {e.Message}", "Check that it is a file and that you may read it.", e);
            }

            config._files.Add(file);
            config.Merge(Path.GetFullPath(file), text);
        }

        return config;
    }

    internal Entry? Context(string name) => _contexts.GetValueOrDefault(name);

    internal Entry? Cluster(string name) => _clusters.GetValueOrDefault(name);

    internal Entry? User(string name) => _users.GetValueOrDefault(name);

    internal static KubernetesException Error(string message, string action, Exception? inner = null) =>
        new(KubernetesErrorKind.Configuration, message, action, inner);

    private void Merge(string file, string text)
    {
        JsonNode? root;
        try
        {
            root = YamlReader.ReadSingle(text, file);
        }
        catch (FormatException e)
        {
            throw Error($"The kubeconfig is no YAML: {e.Message}", "Correct the file.", e);
        }

        if (root is null)
            return;
        if (root is not JsonObject json)
            throw Error($"The kubeconfig {file} is no mapping.", "Correct the file.");
        if (json.Text("kind") is { Length: > 0 } kind && kind != "Config")
            throw Error($"{file} is a {kind}, not a kubeconfig (kind Config).", "Give the path of a kubeconfig.");
        Merge(file, json, "clusters", "cluster", _clusters);
        Merge(file, json, "users", "user", _users);
        Merge(file, json, "contexts", "context", _contexts);
        if (CurrentContext is null && json.Text("current-context") is { Length: > 0 } current)
            CurrentContext = current;
    }

    private static void Merge(string file, JsonObject json, string list, string field, Dictionary<string, Entry> into)
    {
        if (json[list] is not (null or JsonArray))
            throw Error($"'{list}' in {file} is no list.", "Correct the file.");
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (JsonObject item in json.Objects(list))
        {
            if (item.Text("name") is not { Length: > 0 } name)
                throw Error($"An entry of '{list}' in {file} has no name.", "Correct the file.");
            if (!seen.Add(name))
                throw Error($"'{list}' in {file} has two entries named '{name}'.", "Remove one of them.");
            into.TryAdd(name, new Entry(file, name, field, item.Object(field) ?? []));
        }
    }

    /// <summary>A named entry and the file it is from, to which its relative paths are relative.</summary>
    internal sealed record Entry(string File, string Name, string Kind, JsonObject Json)
    {
        /// <summary>A field that holds a path, made absolute; null if it is not set.</summary>
        public string? PathOf(string field) => Json.Text(field) is { Length: > 0 } path ? Path.Combine(Path.GetDirectoryName(File)!, path) : null;

        /// <summary>A field of text; null if it is not set or empty.</summary>
        public string? Text(string field) => Json.Text(field) is { Length: > 0 } text ? text : null;

        public override string ToString() => $"{Kind} '{Name}' in {File}";
    }
}
