using CoordPS.Testing;

namespace CoordPS.Client.Tests.Recipes;

/// <summary>What happens to sessions.</summary>
internal static class SessionFaults
{
    /// <summary>
    /// Ends a client's session from elsewhere: the client finds it expired. The client may take the session back before it is closed, so it is
    /// closed until a server says that it has expired.
    /// </summary>
    /// <param name="client">The client.</param>
    /// <param name="connectionString">Where to do so; null for where the client is.</param>
    internal static async Task ExpireAsync(ZooKeeperClient client, string? connectionString = null)
    {
        try
        {
            while (true)
            {
                ZooKeeperClient usurper = await ZooKeeperClient.ConnectAsync(new ZooKeeperClientOptions
                {
                    ConnectionString = connectionString ?? client.ConnectionString,
                    SessionId = client.SessionId,
                    SessionPassword = client.Password,
                    SessionTimeout = client.NegotiatedTimeout,
                    // The server drops it when the client takes the session back in the middle of the handshake.
                    ConnectRetryTime = Eventually.Patience,
                });
                await usurper.DisposeAsync();
            }
        }
        catch (SessionExpiredException)
        {
            // That it is.
        }
    }

    /// <summary>Ends when the token fires.</summary>
    internal static Task WhenFiredAsync(this CancellationToken token)
    {
        var fired = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        token.Register(fired.SetResult);
        return fired.Task;
    }
}
