namespace CoordPS.Cmdlets;

/// <summary>A folder that goes when it is disposed of.</summary>
internal sealed class TemporaryCopy : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("coordps-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
