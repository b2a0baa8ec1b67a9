using System.Text;

namespace CoordPS.Server.Hosting;

/// <summary>Files that nobody else may read: there are passwords in them.</summary>
internal static class PrivateFile
{
    /// <summary>Writes a file anew.</summary>
    public static void Write(string path, string text)
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using var stream = new FileStream(path, options);
        stream.Write(Encoding.UTF8.GetBytes(text));
    }
}
