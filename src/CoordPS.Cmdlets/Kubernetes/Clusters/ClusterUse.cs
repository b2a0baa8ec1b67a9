using System.Management.Automation;
using CoordPS.Kubernetes;

namespace CoordPS.Cmdlets;

/// <summary>How a cmdlet comes by its cluster, and passes on what the cluster's client has to say.</summary>
internal static class ClusterUse
{
    /// <summary>The cluster that the parameters name; ends the cmdlet with an error where there is none.</summary>
    public static Cluster Open(AsyncCmdlet cmdlet, string? kubeConfig, string? context)
    {
        try
        {
            // What the pipeline binds null to is empty.
            Cluster cluster = Cluster.Open(
                string.IsNullOrEmpty(kubeConfig) ? null : cmdlet.GetUnresolvedProviderPathFromPSPath(kubeConfig), string.IsNullOrEmpty(context) ? null : context);
            Report(cmdlet, cluster);
            return cluster;
        }
        catch (KubernetesException e)
        {
            // Once and finally: every other object would fail for the same reason.
            cmdlet.ThrowTerminatingError(ErrorRecords.From(e, context ?? kubeConfig));
            throw;
        }
    }

    /// <summary>Writes the messages of the client.</summary>
    public static void Report(Cmdlet cmdlet, Cluster cluster)
    {
        foreach ((bool isWarning, string text) in cluster.TakeMessages())
        {
            if (isWarning)
                cmdlet.WriteWarning(text);
            else
                cmdlet.WriteVerbose(text);
        }
    }
}
