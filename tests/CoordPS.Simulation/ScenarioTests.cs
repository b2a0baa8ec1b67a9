using System.Runtime.CompilerServices;
using CoordPS.Zab.Simulation;

namespace CoordPS.Simulation.Tests;

/// <summary>
/// Plays the texts in <c>testdata</c>: commands and the conversation that they bring about. Set COORDPS_REWRITE=1 to have
/// the texts rewritten by what happens, and read the difference.
/// </summary>
public class ScenarioTests
{
    public static TheoryData<string> Scenarios => [.. Directory.GetFiles(Folder(), "*.txt").Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Scenarios))]
    public void The_conversation_goes_as_written(string file)
    {
        string path = Path.Combine(Folder(), file);
        string expected = File.ReadAllText(path);
        string actual = Scenario.Play(expected);
        if (Environment.GetEnvironmentVariable("COORDPS_REWRITE") == "1")
            File.WriteAllText(path, actual);
        else
            Assert.Equal(expected, actual, ignoreLineEndingDifferences: true);
    }

    private static string Folder([CallerFilePath] string source = "")
    {
        string built = Path.Combine(AppContext.BaseDirectory, "testdata");
        string original = Path.Combine(Path.GetDirectoryName(source)!, "testdata");
        return Directory.Exists(original) ? original : built;
    }
}
