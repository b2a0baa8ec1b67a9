using System.Collections;
using System.Globalization;
using System.Management.Automation;
using CoordPS.Protocol;
using CoordPS.Server.Hosting;

namespace CoordPS.Cmdlets;

/// <summary>
/// Disturbs the network between the members of an ensemble in this process, to see how an application behaves when the leader is lost; and
/// emits what is wrong then. What is sent over a cut link is not lost: as with TCP, it arrives when the link is healed unless the connection has
/// been given up. Clients reach every member unless <c>Clients</c> is named as one side of a link.
/// </summary>
/// <remarks>Without any of its switches it changes nothing and emits the present faults.</remarks>
[Cmdlet(VerbsLifecycle.Invoke, "CoordFault", SupportsShouldProcess = true, DefaultParameterSetName = ShowSet)]
[OutputType(typeof(CoordFault))]
public sealed class InvokeCoordFaultCommand : EnsembleCmdlet
{
    internal const string Clients = "Clients";

    private const string ShowSet = "Show";
    private const string PartitionSet = "Partition";
    private const string IsolateSet = "Isolate";
    private const string CutSet = "Cut";
    private const string DelaySet = "Delay";
    private const string HealSet = "Heal";

    /// <summary>
    /// Groups of members that reach only each other, such as <c>1,(2,3)</c> or <c>'1','2,3'</c>; members that none names form one more. It replaces
    /// all cuts between members.
    /// </summary>
    [Parameter(ParameterSetName = PartitionSet, Mandatory = true)]
    public object[] Partition { get; set; } = [];

    /// <summary>Members that are cut off from all others, both ways.</summary>
    [Parameter(ParameterSetName = IsolateSet, Mandatory = true)]
    [ArgumentCompleter(typeof(MemberCompleter))]
    public int[] Isolate { get; set; } = [];

    /// <summary>Cuts the links between <c>-From</c> and <c>-To</c>.</summary>
    [Parameter(ParameterSetName = CutSet, Mandatory = true)]
    public SwitchParameter Cut { get; set; }

    /// <summary>Delays what passes between <c>-From</c> and <c>-To</c>: <c>50ms</c>, a TimeSpan or a number of seconds; 0 ends a delay.</summary>
    [Parameter(ParameterSetName = DelaySet, Mandatory = true)]
    [DurationTransformation]
    public TimeSpan Delay { get; set; }

    /// <summary>By how much more something may be late, at random. The order stays.</summary>
    [Parameter(ParameterSetName = DelaySet)]
    [DurationTransformation]
    public TimeSpan Jitter { get; set; }

    /// <summary>Ends the faults between <c>-From</c> and <c>-To</c>, or all.</summary>
    [Parameter(ParameterSetName = HealSet, Mandatory = true)]
    public SwitchParameter Heal { get; set; }

    /// <summary>Who sends: members by number, or <c>Clients</c>. Default, except for cuts: every member.</summary>
    [Parameter(ParameterSetName = CutSet, Mandatory = true)]
    [Parameter(ParameterSetName = DelaySet)]
    [Parameter(ParameterSetName = HealSet)]
    [ArgumentCompleter(typeof(MemberCompleter))]
    public string[] From { get; set; } = [];

    /// <summary>Who receives: members by number, or <c>Clients</c>. Default, except for cuts: every member.</summary>
    [Parameter(ParameterSetName = CutSet, Mandatory = true)]
    [Parameter(ParameterSetName = DelaySet)]
    [Parameter(ParameterSetName = HealSet)]
    [ArgumentCompleter(typeof(MemberCompleter))]
    public string[] To { get; set; } = [];

    /// <summary>Only that direction; what <c>-To</c> sends to <c>-From</c> passes as before.</summary>
    [Parameter(ParameterSetName = CutSet)]
    [Parameter(ParameterSetName = DelaySet)]
    [Parameter(ParameterSetName = HealSet)]
    public SwitchParameter OneWay { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        if (await FindEnsembleAsync() is not { } ensemble)
            return;
        if (ensemble.Local.Network is not { } network)
        {
            bool processes = ensemble.Kind != LocalEnsembleKind.InProcess;
            WriteError(
                new CoordException(
                    "NoFaultNetwork", ErrorCode.BadArguments,
                    processes ? $"The members of '{ensemble.Name}' are {(ensemble.Kind == LocalEnsembleKind.Container ? "containers" : "processes")}, whose network can't be disturbed from here."
                        : $"'{ensemble.Name}' is a standalone server, which has no network between members.",
                    processes ? "Start the ensemble without -OutOfProcess or -Container; or use Suspend-CoordMember and Stop-CoordMember -Kill, which work on these as well."
                        : "Start it with -Members 3.",
                    null, null, ErrorCategory.InvalidOperation),
                ensemble.Name);
            return;
        }

        try
        {
            Apply(ensemble, network);
        }
        catch (ArgumentException e)
        {
            WriteError(
                new CoordException(
                    "BadFault", ErrorCode.BadArguments, $"Ensemble '{ensemble.Name}': {e.Message.Split(" (Parameter")[0]}",
                    "Name members by their numbers (Get-CoordEnsemble shows them), or Clients.", null, e),
                ensemble.Name);
            return;
        }

        WriteObject(network.Faults.Select(fault => new CoordFault(ensemble.Name, fault)), enumerateCollection: true);
    }

    private void Apply(CoordEnsemble ensemble, FaultNetwork network)
    {
        switch (ParameterSetName)
        {
            case PartitionSet:
                long[][] groups = [.. Partition.Select(Group)];
                if (ShouldProcess(ensemble.Name, $"Partition into {string.Join(" | ", groups.Select(static g => string.Join(", ", g)))}"))
                    network.Partition(groups);
                break;
            case IsolateSet:
                if (ShouldProcess(ensemble.Name, $"Isolate member {string.Join(", ", Isolate)}"))
                    Array.ForEach(Isolate, member => network.Isolate(member));
                break;
            case CutSet:
                ForLinks(ensemble, network, "Cut", (from, to) => network.Cut(from, to, OneWay));
                break;
            case DelaySet:
                ForLinks(ensemble, network, $"Delay by {Delay.TotalMilliseconds:0.###} ms", (from, to) => network.Delay(from, to, Delay, Jitter, OneWay));
                break;
            case HealSet when From.Length + To.Length == 0:
                if (ShouldProcess(ensemble.Name, "Heal"))
                    network.Heal();
                break;
            case HealSet:
                ForLinks(ensemble, network, "Heal", (from, to) => network.Heal(from, to, OneWay));
                break;
        }
    }

    private void ForLinks(CoordEnsemble ensemble, FaultNetwork network, string what, Action<long, long> action)
    {
        long[] from = From.Length == 0 ? [.. network.Members] : [.. From.Select(Member)];
        long[] to = To.Length == 0 ? [.. network.Members] : [.. To.Select(Member)];
        string link = $"{(From.Length == 0 ? "all" : string.Join(", ", From))} {(OneWay ? "->" : "<->")} {(To.Length == 0 ? "all" : string.Join(", ", To))}";
        if (!ShouldProcess(ensemble.Name, $"{what}: {link}"))
            return;
        bool lists = from.Length > 1 || to.Length > 1;
        foreach (long one in from)
        {
            foreach (long other in to)
            {
                // Of lists, a member's link with itself is not meant.
                if (one != other || !lists)
                    action(one, other);
            }
        }
    }

    private static long[] Group(object group) => (group is PSObject wrapped ? wrapped.BaseObject : group) switch
    {
        string text => [.. text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(Member)],
        IEnumerable list => [.. list.Cast<object>().SelectMany(Group)],
        CoordMember member => [member.Id],
        var other => [Member(Convert.ToString(other, CultureInfo.InvariantCulture) ?? "")],
    };

    private static long Member(string text) => text.Equals(Clients, StringComparison.OrdinalIgnoreCase) ? FaultNetwork.Clients
        : long.TryParse(text, CultureInfo.InvariantCulture, out long id) && id > 0 ? id
        : throw new ArgumentException($"'{text}' is no member's number.");
}
