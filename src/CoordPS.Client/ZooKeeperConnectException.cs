using System.Net;
using CoordPS.Protocol;

namespace CoordPS.Client;

/// <summary>An attempt at one server that failed.</summary>
/// <param name="Server">The server as the connection string names it.</param>
/// <param name="Address">The address tried; null when the name could not be resolved.</param>
/// <param name="Failure">Why it failed.</param>
public sealed record ConnectAttempt(string Server, EndPoint? Address, Exception Failure)
{
    /// <inheritdoc/>
    public override string ToString() =>
        Address is null || Address.ToString() == Server ? $"{Server}: {Failure.Message}" : $"{Server} ({Address}): {Failure.Message}";
}

/// <summary>No server could be connected to.</summary>
public sealed class ZooKeeperConnectException : ZooKeeperException
{
    internal ZooKeeperConnectException(string connectionString, IReadOnlyList<ConnectAttempt> attempts)
        : base(ErrorCode.ConnectionLoss, $"No server of '{connectionString}' could be connected to: {string.Join("; ", attempts)}", null, null,
            "Check the addresses, that the servers run and have a quorum, and that nothing between blocks the port.",
            attempts.Count > 0 ? attempts[^1].Failure : null) => Attempts = attempts;

    /// <summary>The last attempt at each address.</summary>
    public IReadOnlyList<ConnectAttempt> Attempts { get; }
}
