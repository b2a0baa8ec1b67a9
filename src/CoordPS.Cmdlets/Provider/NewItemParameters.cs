using System.Management.Automation;
using CoordPS.Protocol;

namespace CoordPS.Cmdlets;

/// <summary>What <c>New-Item</c> takes for znodes.</summary>
public sealed class NewItemParameters : SetItemParameters
{
    // What New-Item is told by mkdir and by habit.
    private static readonly string[] Plain = ["znode", "directory", "file"];

    /// <summary>The mode, by the names that Apache ZooKeeper gives them; <c>-ItemType</c> takes the same names.</summary>
    [Parameter]
    public CreateMode Mode { get; set; }

    /// <summary>The server removes the znode when it has not been modified for so long and has no children.</summary>
    [Parameter]
    [DurationTransformation]
    public TimeSpan? TimeToLive { get; set; }

    /// <summary>The access control list: entries such as <c>world:anyone:cdrwa</c>, or <c>Open</c> (the default), <c>ReadOnly</c>, <c>Creator</c>.</summary>
    [Parameter]
    [AclTransformation]
    [ArgumentCompleter(typeof(AclCompleter))]
    public Acl[]? Acl { get; set; }

    /// <summary>The mode that <c>-ItemType</c>, <c>-Mode</c> and <c>-TimeToLive</c> mean together.</summary>
    /// <exception cref="CoordException">They contradict each other.</exception>
    internal CreateMode ModeFor(string? itemType, string path)
    {
        CreateMode mode = Mode;
        if (!string.IsNullOrEmpty(itemType) && !Plain.Contains(itemType, StringComparer.OrdinalIgnoreCase))
        {
            if (!Enum.TryParse(itemType, ignoreCase: true, out CreateMode named) || !Enum.IsDefined(named))
                throw Bad($"-ItemType {itemType} is none of znodes", $"Use one of {string.Join(", ", Enum.GetNames<CreateMode>())}.");
            if (Mode != CreateMode.Persistent && Mode != named)
                throw Bad($"-ItemType {itemType} and -Mode {Mode} contradict each other", "Give one of them.");
            mode = named;
        }

        if (TimeToLive is { } ttl)
        {
            mode = mode switch
            {
                CreateMode.Persistent => CreateMode.PersistentWithTtl,
                CreateMode.PersistentSequential => CreateMode.PersistentSequentialWithTtl,
                _ => mode,
            };
            if (!mode.IsTtl)
                throw Bad($"-TimeToLive does not go with {mode}", "Leave one of them out.");
            if (!EphemeralOwner.IsValidTtl((long)ttl.TotalMilliseconds))
                throw Bad("The time to live is out of range", $"Give 1 ms to {TimeSpan.FromMilliseconds(EphemeralOwner.MaxTtlMilliseconds).TotalDays:0} days.");
        }
        else if (mode.IsTtl)
        {
            throw Bad($"{mode} needs -TimeToLive", "Give one, such as -TimeToLive 5m.");
        }

        return mode;

        CoordException Bad(string what, string action) => new("BadMode", ErrorCode.BadArguments, $"Can't create '{path}': {what}.", action, path);
    }
}
