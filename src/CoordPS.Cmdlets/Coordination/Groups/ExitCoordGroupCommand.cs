using System.Management.Automation;

namespace CoordPS.Cmdlets;

/// <summary>Leaves groups.</summary>
[Cmdlet(VerbsCommon.Exit, "CoordGroup", DefaultParameterSetName = PathSet, SupportsShouldProcess = true)]
[OutputType(typeof(void))]
public sealed class ExitCoordGroupCommand : ExitCmdlet
{
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
        foreach (CoordMembership membership in Find(Membership, Path, static one => one.Path, static path => Missing("NotMember", path, $"This runspace is no member of group '{path}'.", "See who is with Get-CoordGroupMember.")))
        {
            if (!ShouldProcess(membership.Path, $"Leave as '{membership.Id}'"))
                continue;
            HeldSet.Remove(membership);
            await membership.Membership.DisposeAsync();
        }
    }
}
