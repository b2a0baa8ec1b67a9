using System.Collections;
using System.Management.Automation;
using CoordPS.Protocol;

namespace CoordPS.Cmdlets;

/// <summary>
/// Takes an access control list: entries in zkCli's form (<c>world:anyone:r</c>, <c>digest:user:hash:cdrwa</c>), entries as objects, what
/// <c>Get-ZNodeAcl</c> emits, or one of the lists <c>Open</c> (everyone may do everything), <c>ReadOnly</c> and <c>Creator</c>.
/// </summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Field)]
public sealed class AclTransformationAttribute : ArgumentTransformationAttribute
{
    /// <summary>The lists that have names.</summary>
    internal static IReadOnlyDictionary<string, IReadOnlyList<Acl>> Known { get; } = new Dictionary<string, IReadOnlyList<Acl>>(StringComparer.OrdinalIgnoreCase)
    {
        ["Open"] = Acl.OpenUnsafe,
        ["ReadOnly"] = Acl.ReadUnsafe,
        ["Creator"] = Acl.CreatorAll,
    };

    /// <inheritdoc/>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData)
    {
        var entries = new List<Acl>();
        Collect(inputData, entries);
        return entries.ToArray();
    }

    private static void Collect(object? input, List<Acl> entries)
    {
        object? value = input is PSObject wrapped ? wrapped.BaseObject : input;
        switch (value)
        {
            case null:
                break;
            case Acl entry:
                entries.Add(entry);
                break;
            case ZNodeAcl list:
                entries.AddRange(list.Acl);
                break;
            case string name when Known.TryGetValue(name.Trim(), out IReadOnlyList<Acl>? known):
                entries.AddRange(known);
                break;
            case string text:
                foreach (string part in text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
                    entries.Add(Parse(part));
                break;
            case IEnumerable several:
                foreach (object? item in several)
                    Collect(item, entries);
                break;
            default:
                throw new ArgumentTransformationMetadataException(
                    $"A value of type {value.GetType().FullName} is not an access control list: write entries such as world:anyone:cdrwa, or Open, ReadOnly or Creator.");
        }
    }

    private static Acl Parse(string text)
    {
        try
        {
            return Acl.Parse(text);
        }
        catch (FormatException e)
        {
            throw new ArgumentTransformationMetadataException(e.Message, e);
        }
    }
}
