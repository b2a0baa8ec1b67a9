using System.Management.Automation;
using CoordPS.Client;
using CoordPS.Client.Admin;
using CoordPS.Protocol;

namespace CoordPS.Cmdlets;

/// <summary>
/// Sends a four-letter word, or a command of the AdminServer, to members and emits their answers as objects, each with the ensemble, the id and the
/// server that it came from; with <c>-Raw</c> as text.
/// </summary>
[Cmdlet(VerbsLifecycle.Invoke, "CoordAdminCommand", SupportsShouldProcess = true)]
[OutputType(typeof(PSObject), typeof(string), typeof(ClientConnection))]
public sealed class InvokeCoordAdminCommandCommand : InspectionCmdlet
{
    /// <summary>
    /// A four-letter word such as <c>mntr</c>, or a command of the AdminServer such as <c>leader</c>. Words go to the port of clients, and must be in the member's
    /// <c>4lw.commands.whitelist</c>; with <c>-AdminPort</c> they go to the AdminServer too, which knows most of them. Other commands go there in any case.
    /// </summary>
    [Parameter(Position = 0, Mandatory = true)]
    [ArgumentCompleter(typeof(AdminCommandCompleter))]
    [ValidatePattern("^[A-Za-z_]+$")]
    public string Command { get; set; } = "";

    /// <inheritdoc/>
    [Parameter(Position = 1, ValueFromPipelineByPropertyName = true)]
    [Alias("Name")]
    [ArgumentCompleter(typeof(EnsembleCompleter))]
    [ValidateNotNullOrEmpty]
    public override string[]? Ensemble { get; set; }

    /// <summary>Only these members, by the N of their <c>server.N</c>.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(MemberCompleter))]
    public int[]? Id { get; set; }

    /// <summary>A member, as <c>Get-CoordMember</c> emits it.</summary>
    [Parameter(ValueFromPipeline = true)]
    public CoordMember? Member { get; set; }

    /// <summary>Emits each answer as one string, as the member gave it.</summary>
    [Parameter]
    public SwitchParameter Raw { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        string command = Command.ToLowerInvariant();
        CoordMember[] members = Member is not null ? [Member] : await FindMembersAsync();
        List<Task<string>> answers = [];
        foreach (CoordMember member in members)
        {
            if (member.Reading?.Server is null && member.Local is null)
            {
                answers.Add(Task.FromException<string>(new CoordException(
                    "NoAddress", ErrorCode.ConnectionLoss, $"'{command}' was not sent to member {member.Id}: its address for clients is not known.",
                    "Add its address to the connection string.")));
            }
            else if (AdminCommand.IsChange(command) && !ShouldProcess(member.ToString(), $"Run '{command}'"))
            {
                answers.Add(Task.FromCanceled<string>(new CancellationToken(true)));
            }
            else
            {
                answers.Add(SendAsync(ServerName.ParseList(member.Server!)[0], command));
            }
        }

        for (int i = 0; i < members.Length; i++)
        {
            if (answers[i].IsCanceled)
                continue;
            try
            {
                string answer = await answers[i];
                if (Raw)
                {
                    WriteObject(answer);
                    continue;
                }

                Emit(members[i], IsWord(command) ? AdminAnswer.Parse(command, answer) : AdminAnswer.ParseJson(command, answer), command);
            }
            catch (AdminException e)
            {
                WriteError(e, members[i]);
            }
            catch (CoordException e)
            {
                WriteError(e, members[i]);
            }
        }
    }

    private bool IsWord(string command) => command.Length == 4 && AdminPort is null;

    private Task<string> SendAsync(ServerName server, string command)
    {
        WriteVerbose($"Sending '{command}' to {server.Host}, port {(IsWord(command) ? server.Port : AdminPort ?? AdminServerClient.DefaultPort)}.");
        return IsWord(command)
            ? new FourLetterWordClient(server, Options).SendAsync(command, Cancellation)
            : new AdminServerClient(server with { Port = AdminPort ?? AdminServerClient.DefaultPort }, Options).RunAsync(command, Cancellation);
    }

    private void Emit(CoordMember member, IEnumerable<PSObject> objects, string command)
    {
        foreach (PSObject one in objects)
        {
            AddSource(one, nameof(CoordMember.Ensemble), member.Ensemble);
            AddSource(one, nameof(CoordMember.Id), member.Id == 0 ? null : member.Id);
            AddSource(one, nameof(CoordMember.Server), member.Server);
            one.TypeNames.Insert(0, $"CoordPS.AdminAnswer#{command}");
            WriteObject(one);
        }
    }

    private static void AddSource(PSObject one, string name, object? value)
    {
        if (one.Properties[name] is null)
            one.Properties.Add(new PSNoteProperty(name, value));
    }

    /// <summary>The members, without asking them if nothing of theirs is needed but the address.</summary>
    private async Task<CoordMember[]> FindMembersAsync()
    {
        List<CoordMember> members = [];
        foreach (InspectedEnsemble ensemble in await FindEnsemblesAsync())
        {
            if (Id is null)
            {
                members.AddRange(ensemble.Targets.Select(target => ensemble.Member(new MemberStatus { Id = target.Id, Server = target.Server })));
                continue;
            }

            HashSet<int> missing = [.. Id];
            await foreach (MemberStatus reading in ensemble.Probe(Options).ReadAsync(Cancellation))
            {
                if (missing.Remove(reading.Id ?? 0))
                    members.Add(ensemble.Member(reading));
            }

            foreach (int id in missing)
                WriteError(NoMember(ensemble, id), id);
        }

        return [.. members];
    }
}
