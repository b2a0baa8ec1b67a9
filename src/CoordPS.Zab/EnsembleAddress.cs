using System.Globalization;

namespace CoordPS.Zab;

/// <summary>Where a member listens for the others.</summary>
/// <param name="Host">A name or an address, an IPv6 one without brackets.</param>
/// <param name="QuorumPort">The port on which it is reached as a leader.</param>
/// <param name="ElectionPort">The port for elections.</param>
public sealed record EnsembleAddress(string Host, int QuorumPort, int ElectionPort)
{
    /// <summary><c>host:quorumPort:electionPort</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{EnsembleMember.Bracket(Host)}:{QuorumPort}:{ElectionPort}");
}
