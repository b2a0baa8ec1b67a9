using System.Net;

namespace CoordPS;

/// <summary>A member of an ensemble.</summary>
public sealed class CoordMember
{
    internal CoordMember(string ensemble, int id, IPEndPoint clientEndPoint)
    {
        Ensemble = ensemble;
        Id = id;
        ClientEndPoint = clientEndPoint;
    }

    /// <summary>The ensemble's name.</summary>
    public string Ensemble { get; }

    /// <summary>The member's number, from 1.</summary>
    public int Id { get; }

    /// <summary>Where clients connect.</summary>
    public IPEndPoint ClientEndPoint { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{Id}={ClientEndPoint}";
}
