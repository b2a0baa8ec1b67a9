using System.Management.Automation;
using System.Text;
using CoordPS.Client.Recipes;

namespace CoordPS.Cmdlets;

/// <summary>Lists the members of groups, in the order of their ids; kazoo's parties too.</summary>
[Cmdlet(VerbsCommon.Get, "CoordGroupMember")]
[OutputType(typeof(CoordGroupMember))]
public sealed class GetCoordGroupMemberCommand : PipelinedCmdlet
{
    /// <summary>The groups' paths.</summary>
    [Parameter(Position = 0, Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(PathCompleter))]
    public string[] Path { get; set; } = [];

    /// <inheritdoc/>
    protected override async Task SubmitInputAsync()
    {
        var converter = new DataConverter(ZNodeDataFormat.Auto, Encoding.UTF8, InvokeCommand);
        foreach (string path in Path)
        {
            if (!await CheckPathAsync(path))
                continue;
            CoordSession session = CurrentSession;
            await SubmitAsync(path, cancel => GroupMembership.GetMembersAsync(session.Client, path, cancel), members =>
            {
                foreach (GroupMember member in members)
                    WriteObject(new CoordGroupMember(session, path, member, converter.ToValue(member.Data, member.Path)));
            });
        }
    }
}
