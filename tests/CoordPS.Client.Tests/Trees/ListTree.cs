using System.Text;
using CoordPS.Client.Trees;
using CoordPS.Protocol;

namespace CoordPS.Client.Tests.Trees;

/// <summary>A tree in memory, and trees that are hard to keep.</summary>
internal sealed class ListTree(IEnumerable<TreeNode> nodes) : ITreeSource
{
    /// <summary>Names that some file system refuses, changes or takes for others.</summary>
    public static readonly string[] OddNames =
    [
        "plain", "Plain", "PLAIN", "with space", " leading", "trailing ", "trailing.", ".hidden", "...", "[brackets]", "quo'te", "quo\"te", "back\\slash",
        "100%", "%41", "%data", "%value", "%meta", "a%null", "%tree", "x%+", "CON", "nul", "Aux.txt", "COM1", "lpt9.log", "CONIN$", "a:b", "a|b", "a<b>", "a?b*", "a!", "a", "a-b", "{}", "$env", "`tick",
        "caf\u00e9", "cafe\u0301", "\u00c9", "\u00e9", "\u65e5\u672c\u8a9e", "\u0645\u0631\u062d\u0628\u0627", "zero\u200bwidth", "no\u00a0break", "~", "-", "#",
        new string('n', 255), new string('n', 256), new string('n', 1000), new string('\u65e5', 200), new string('%', 100), new string('n', 240) + "CON", new string('n', 240) + ".x",
    ];

    /// <summary>Data that is text, looks like it, or is none.</summary>
    public static readonly byte[]?[] OddData =
    [
        null, [], Bytes("text"), Bytes("null"), Bytes("~"), Bytes("123"), Bytes("line 1\nline 2\n"), Bytes("a\r\nb\n"), Bytes(" \n x"), Bytes("x\n\n"), Bytes("x\n "), Bytes("\ttab: \"quoted\" \\ #"),
        Bytes("- path: x\n- path: y"), Bytes("---\n...\n"), Bytes("\ufeffmark"), Bytes("\u2028\u0085\u00a0"), Bytes("\ud83d\ude00 \u65e5\u672c"), [0, 1, 2, 255, 254], [0xc3, 0x28], [0xed, 0xa0, 0x80], [127],
        [.. Enumerable.Range(0, 256).Select(i => (byte)i)],
    ];

    public static IReadOnlyList<Acl> Guarded { get; } = [new(Permissions.Read | Permissions.Admin, AclId.Anyone), new(Permissions.All, new AclId("ip", "127.0.0.1"))];

    /// <summary>A tree with all of these, two levels of names deep.</summary>
    public static ListTree Odd() => new(
        OddNames.SelectMany((name, i) => OddNames.Take(8).Select((below, j) => new TreeNode($"/{name}/{below}") { Data = OddData[(i + j) % OddData.Length] })
                .Prepend(new TreeNode($"/{name}") { Data = OddData[i % OddData.Length], Acl = i % 3 == 0 ? Guarded : Acl.OpenUnsafe }))
            .Concat(OddData.Select((data, i) => new TreeNode($"/leaf-{i:D2}") { Data = data, Acl = i % 5 == 0 ? Guarded : Acl.OpenUnsafe }))
            .Prepend(new TreeNode("/") { Data = Bytes("root") }));

    public static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    public async IAsyncEnumerable<TreeNode> ReadAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct = default)
    {
        await Task.CompletedTask;
        foreach (TreeNode node in nodes.OrderBy(n => n.Path, Comparer<string>.Create(TreePath.Compare)))
            yield return node;
    }

    /// <summary>What differs between two trees, as text.</summary>
    public static async Task<List<string>> DiffAsync(ITreeSource reference, ITreeSource difference)
    {
        List<string> different = [];
        await foreach (TreePair pair in TreeDiff.CompareAsync(reference, difference))
        {
            if (pair.Failure is not null)
                different.Add($"{pair.Path}: {pair.Failure.Message}");
            else if (pair.Differences != TreeDifferences.None)
                different.Add($"{pair.Path}: {pair.Differences}");
        }

        return different;
    }
}
