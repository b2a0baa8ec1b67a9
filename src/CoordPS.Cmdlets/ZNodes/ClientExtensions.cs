using CoordPS.Client;
using CoordPS.Protocol;

namespace CoordPS.Cmdlets;

/// <summary>What cmdlets ask of a client in more than one place.</summary>
internal static class ClientExtensions
{
    extension(ZooKeeperClient client)
    {
        /// <summary>The metadata of a znode that has to exist.</summary>
        /// <exception cref="NoNodeException">It does not.</exception>
        /// <remarks>A znode that is missing is no error to <c>exists</c>: another request gives the server the chance to say that it is.</remarks>
        public async Task<Stat> StatAsync(string path, CancellationToken cancellationToken) =>
            await client.ExistsAsync(path, cancellationToken).ConfigureAwait(false)
                ?? (await client.GetAclAsync(path, cancellationToken).ConfigureAwait(false)).Stat;
    }
}
