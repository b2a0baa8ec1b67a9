using System.Globalization;
using CoordPS.Server.Hosting;

namespace CoordPS;

/// <summary>What is wrong with one direction of a link between two members of an ensemble, or between its clients and a member.</summary>
public sealed class CoordFault
{
    internal CoordFault(string ensemble, LinkFault fault)
    {
        Ensemble = ensemble;
        From = NameOf(fault.From);
        To = NameOf(fault.To);
        IsCut = fault.IsCut;
        Delay = fault.Delay;
        Jitter = fault.Jitter;
    }

    /// <summary>The ensemble's name.</summary>
    public string Ensemble { get; }

    /// <summary>The member that sends, by number, or <c>Clients</c>.</summary>
    public string From { get; }

    /// <summary>The member that receives, by number, or <c>Clients</c>.</summary>
    public string To { get; }

    /// <summary>Whether nothing arrives.</summary>
    public bool IsCut { get; }

    /// <summary>By how much everything is late.</summary>
    public TimeSpan Delay { get; }

    /// <summary>By how much more it may be late, at random.</summary>
    public TimeSpan Jitter { get; }

    /// <inheritdoc/>
    public override string ToString() =>
        $"{From}->{To} {(IsCut ? "cut" : string.Create(CultureInfo.InvariantCulture, $"{Delay.TotalMilliseconds:0.###} ms + {Jitter.TotalMilliseconds:0.###} ms"))}";

    private static string NameOf(long member) => member == FaultNetwork.Clients ? Cmdlets.InvokeCoordFaultCommand.Clients : member.ToString(CultureInfo.InvariantCulture);
}
