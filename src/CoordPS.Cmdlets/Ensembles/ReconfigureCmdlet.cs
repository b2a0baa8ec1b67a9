using System.Management.Automation;
using CoordPS.Client;

namespace CoordPS.Cmdlets;

/// <summary>The base of cmdlets that change which members an ensemble has while it serves.</summary>
public abstract class ReconfigureCmdlet : EnsembleCmdlet
{
    /// <summary>
    /// Who may change the ensemble's configuration, by digest. Default: the super user that <c>Start-CoordEnsemble</c> gave the ensemble; needed
    /// when <c>-Configuration</c> named another.
    /// </summary>
    [Parameter]
    [Credential]
    public PSCredential? Credential { get; set; }

    /// <summary>How long the member may take to serve, and the change to be agreed on; default one minute.</summary>
    [Parameter]
    [DurationTransformation]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>A session that may change the configuration.</summary>
    private protected async Task<ZooKeeperClient> ConnectAsync(CoordEnsemble ensemble)
    {
        Credential? credential = Credential?.GetNetworkCredential() is { } given ? Client.Credential.Digest(Credential.UserName, given.Password)
            : ensemble.Local.SuperPassword is { } password ? Client.Credential.Digest("super", password)
            : null;
        return await ZooKeeperClient.ConnectAsync(
            new ZooKeeperClientOptions { ConnectionString = ensemble.ConnectionString, ConnectRetryTime = Timeout, Credentials = credential is null ? [] : [credential] },
            Cancellation);
    }
}
