using System.Management.Automation;
using CoordPS.Protocol;

namespace CoordPS.Cmdlets;

/// <summary>Leaves groups.</summary>
[Cmdlet(VerbsCommon.Exit, "CoordGroup", DefaultParameterSetName = PathSet, SupportsShouldProcess = true)]
[OutputType(typeof(void))]
public sealed class ExitCoordGroupCommand : AsyncCmdlet
{
    private const string PathSet = "Path";
    private const string MembershipSet = "Membership";

    /// <summary>The paths of groups that this runspace is a member of.</summary>
    [Parameter(Position = 0, Mandatory = true, ParameterSetName = PathSet)]
    public string[] Path { get; set; } = [];

    /// <summary>The memberships, as <c>Join-CoordGroup</c> emitted them.</summary>
    [Parameter(Position = 0, Mandatory = true, ValueFromPipeline = true, ParameterSetName = MembershipSet)]
    public CoordMembership[] Membership { get; set; } = [];

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        List<CoordMembership> memberships = [.. Membership];
        foreach (string path in Path)
        {
            if (RunspaceState.Current.Held.Find<CoordMembership>(one => one.Path == path && !memberships.Contains(one)) is { } found)
                memberships.Add(found);
            else
                WriteError(new CoordException("NotMember", ErrorCode.NoNode, $"This runspace is no member of group '{path}'.", "See who is with Get-CoordGroupMember.", path), path);
        }

        foreach (CoordMembership membership in memberships)
        {
            if (!ShouldProcess(membership.Path, $"Leave as '{membership.Id}'"))
                continue;
            HeldSet.Remove(membership);
            await membership.Membership.DisposeAsync();
        }
    }
}
