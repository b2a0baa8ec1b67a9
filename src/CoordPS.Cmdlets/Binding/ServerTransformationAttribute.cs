using System.Management.Automation;

namespace CoordPS.Cmdlets;

/// <summary>Takes an ensemble or a member for the addresses of its servers, where a connection string is asked for.</summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Field)]
public sealed class ServerTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData) =>
        (inputData is PSObject wrapped ? wrapped.BaseObject : inputData) switch
        {
            CoordEnsemble ensemble => ensemble.ConnectionString,
            CoordMember { Server: { } server } => server,
            _ => inputData,
        };
}
