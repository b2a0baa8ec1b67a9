using System.Globalization;
using System.Text;

namespace CoordPS.RecipeWorker;

/// <summary>A file that is a fenced resource of several processes: it refuses a token smaller than one it has seen.</summary>
internal sealed class FencedFile(string path)
{
    /// <summary>Appends a line with a fencing token, unless a larger one has been seen.</summary>
    internal bool TryWrite(long token, string line)
    {
        using FileStream file = Open();
        using var reader = new StreamReader(file, leaveOpen: true);
        while (reader.ReadLine() is { } seen)
        {
            if (long.Parse(seen[..seen.IndexOf(' ', StringComparison.Ordinal)], CultureInfo.InvariantCulture) > token)
                return false;
        }

        file.Write(Encoding.UTF8.GetBytes($"{token} {line}\n"));
        return true;
    }

    private FileStream Open()
    {
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException)
            {
                // Another process has it for the moment; files can't be waited for.
                Thread.Sleep(1);
            }
        }
    }
}
