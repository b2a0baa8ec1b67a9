using System.Management.Automation;
using System.Text;
using CoordPS.Client.Recipes;
using CoordPS.Protocol;

namespace CoordPS.Cmdlets;

/// <summary>
/// Joins groups and emits the memberships: until <c>Exit-CoordGroup</c>, or the end of the session. It is Curator's <c>GroupMember</c>. Who
/// joins with an id that another has takes its place.
/// </summary>
[Cmdlet(VerbsCommon.Join, "CoordGroup", SupportsShouldProcess = true)]
[OutputType(typeof(CoordMembership))]
public sealed class JoinCoordGroupCommand : RecipeCmdlet
{
    /// <summary>The group's path; created if need be.</summary>
    [Parameter(Position = 0, Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(PathCompleter))]
    public string[] Path { get; set; } = [];

    /// <summary>The member's id, a znode's name; default: <c>HOST-PROCESS</c>.</summary>
    [Parameter(Position = 1)]
    [ValidatePattern("^[^/]+$")]
    public string Id { get; set; } = $"{Environment.MachineName}-{Environment.ProcessId}";

    /// <summary>What to tell the others: text or bytes.</summary>
    [Parameter(Position = 2)]
    public object? Data { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        foreach (string path in Path)
        {
            if ((Check(path) ?? Check(ZPath.Combine(path, Id))) is { } bad)
            {
                WriteError(bad, path);
                continue;
            }

            if (!ShouldProcess(path, $"Join as '{Id}'"))
                continue;
            CoordSession session = CurrentSession;
            byte[]? data = new DataConverter(ZNodeDataFormat.Auto, Encoding.UTF8, InvokeCommand).ToBytes(Data, path);
            var membership = new CoordMembership(session, await GroupMembership.JoinAsync(session.Client, path, Id, data, Cancellation));
            RunspaceState.Current.Held.Add(membership);
            WriteObject(membership);
        }
    }
}
