using System.Globalization;
using System.Text;
using CoordPS.Protocol;

namespace CoordPS.Zab.Simulation;

/// <summary>
/// Plays a scenario: commands to an ensemble on a network without surprises, each followed by a line of dashes and by what
/// the members then say to one another. The text with the actual conversation is the result; a test compares the two.
/// </summary>
/// <remarks>
/// Commands: <c>ensemble voters=3 [observers=1] [spare=1] [reconfig] [groups]</c> starts one; <c>run MS [quiet]</c> lets
/// time pass; <c>write MEMBER REGISTER VALUE</c>, <c>read MEMBER REGISTER</c>, <c>sync MEMBER</c> call as a client;
/// <c>crash</c>, <c>start</c> and <c>stop MEMBER...</c>; <c>suspend MEMBER MS</c>; <c>slow MEMBER MS</c> for its disk;
/// <c>cut FROM TO</c>, <c>partition A B | C D</c>, <c>heal</c>; <c>snapshot MEMBER</c> saves one and purges the log;
/// <c>reconfig voters=1,2 [observers=3]</c>; <c>status</c>. Lines that begin with # are comments.
/// </remarks>
internal sealed class Scenario : IDisposable
{
    private readonly StringWriter _output = new() { NewLine = "\n" };
    private SimWorld? _world;
    private int _operations;

    /// <summary>Plays all commands of a text and gives it back with the conversation as it happened.</summary>
    public static string Play(string text)
    {
        using var scenario = new Scenario();
        var result = new StringBuilder();
        string[] lines = text.ReplaceLineEndings("\n").Split('\n');
        int i = 0;
        while (i < lines.Length)
        {
            string line = lines[i++];
            if (line.Length == 0 || line[0] == '#')
            {
                result.Append(line).Append('\n');
                continue;
            }

            if (i >= lines.Length || lines[i] != "----")
                throw new FormatException($"'{line}' is not followed by ----.");
            i++;
            while (i < lines.Length && lines[i].Length > 0)
                i++;
            result.Append(line).Append("\n----\n").Append(scenario.Command(line));
        }

        return result.ToString().TrimEnd('\n') + "\n";
    }

    public void Dispose() => _output.Dispose();

    private SimWorld World => _world ?? throw new FormatException("A scenario begins with 'ensemble'.");

    private string Command(string line)
    {
        string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        try
        {
            Do(words[0], words[1..]);
        }
        catch (SimulationFailure e)
        {
            _output.WriteLine($"FAILED  {e.Message}");
        }

        string said = _output.ToString();
        _output.GetStringBuilder().Clear();
        return said;
    }

    private void Do(string command, string[] arguments)
    {
        switch (command)
        {
            case "ensemble":
                Begin(arguments);
                break;
            case "run":
                Run(Number(arguments[0]), arguments.Contains("quiet"));
                break;
            case "write" or "read" or "sync":
                Call(command, arguments);
                break;
            case "crash":
                foreach (SimMember member in Members(arguments))
                    member.Crash();
                break;
            case "start":
                foreach (SimMember member in Members(arguments))
                    member.Start();
                break;
            case "stop":
                foreach (SimMember member in Members(arguments))
                    member.Stop();
                break;
            case "suspend":
                Member(arguments[0]).PausedUntil = World.Now + (Number(arguments[1]) * 1000);
                break;
            case "slow":
                Member(arguments[0]).SlowDiskUntil = World.Now + (Number(arguments[1]) * 1000);
                break;
            case "cut":
                World.Cut(Member(arguments[0]).Index, Member(arguments[1]).Index);
                break;
            case "partition":
                Partition(string.Join(' ', arguments).Split('|').Select(side => Members(side.Split(' ', StringSplitOptions.RemoveEmptyEntries)).ToArray()).ToArray());
                break;
            case "heal":
                World.HealAll();
                break;
            case "snapshot":
                Member(arguments[0]).Save();
                break;
            case "reconfig":
                Reconfigure(arguments);
                break;
            case "status":
                foreach (SimMember member in World.Members)
                    _output.WriteLine(member.IsUp ? member.Peer.ToString() : $"server {member.Id}: down");
                break;
            default:
                throw new FormatException($"'{command}' is no command.");
        }
    }

    private void Begin(string[] arguments)
    {
        int voters = 3, observers = 0, spare = 0;
        foreach (string argument in arguments)
        {
            string[] parts = argument.Split('=');
            switch (parts[0])
            {
                case "voters":
                    voters = (int)Number(parts[1]);
                    break;
                case "observers":
                    observers = (int)Number(parts[1]);
                    break;
                case "spare":
                    spare = (int)Number(parts[1]);
                    break;
            }
        }

        EnsembleConfig config = Simulation.MakeConfig(voters, observers, arguments.Contains("groups"));
        _world = new SimWorld(new SimRandom(1), config, voters + observers + spare, null, false, ZabFaultInjection.None, arguments.Contains("reconfig"))
        {
            Trace = new SimTrace(_output) { ShowTime = false },
            OnReply = Replied,
        };
        foreach (SimMember member in _world.Members)
            member.Start();
    }

    private void Run(long milliseconds, bool quiet)
    {
        SimTrace? trace = World.Trace;
        if (quiet)
            World.Trace = null;
        World.RunUntil(World.Now + (milliseconds * 1000));
        World.Trace = trace;
    }

    private void Call(string command, string[] arguments)
    {
        SimMember member = Member(arguments[0]);
        if (!member.IsUp)
            throw new FormatException($"Member {member.Id} is down.");
        var operation = new SimOperation
        {
            Client = 1,
            Number = ++_operations,
            Kind = command switch { "write" => SimOperationKind.Write, "read" => SimOperationKind.Read, _ => SimOperationKind.Sync },
            Register = arguments.Length > 1 ? (int)Number(arguments[1]) : 0,
            Value = arguments.Length > 2 ? Number(arguments[2]) : 0,
            Invoked = World.Now,
        };
        member.Invoke(operation, member.Service);
    }

    private void Replied(SimOperation operation, SimOutcome outcome)
    {
        string what = operation.Kind switch
        {
            SimOperationKind.Read => $"register {operation.Register} is {operation.Value}, as of {Zxid.Format(operation.Zxid)}",
            SimOperationKind.Write => $"register {operation.Register} set to {operation.Value} by {Zxid.Format(operation.Zxid)}",
            _ => $"synchronized as of {Zxid.Format(operation.Zxid)}",
        };
        _output.WriteLine(outcome == SimOutcome.Done ? $"client: {what}" : "client: not connected");
    }

    private void Partition(SimMember[][] sides)
    {
        foreach (SimMember[] side in sides)
        {
            foreach (SimMember[] other in sides)
            {
                if (side == other)
                    continue;
                foreach (SimMember a in side)
                {
                    foreach (SimMember b in other)
                        World.Cut(a.Index, b.Index);
                }
            }
        }
    }

    private void Reconfigure(string[] arguments)
    {
        var members = new List<EnsembleMember>();
        foreach (string argument in arguments)
        {
            string[] parts = argument.Split('=');
            LearnerType type = parts[0] == "observers" ? LearnerType.Observer : LearnerType.Participant;
            members.AddRange(parts[1].Split(',').Select(id => Simulation.MakeMember(Number(id), type)));
        }

        SimMember? leader = World.Members.FirstOrDefault(m => m.IsServing && m.Role.State == ServerState.Leading);
        if (leader is null || !leader.TryReconfigure(new EnsembleConfig(members)))
            _output.WriteLine($"refused: {leader?.Peer.CheckReconfig(new EnsembleConfig(members)) ?? ReconfigCheck.NotLeading}");
    }

    private IEnumerable<SimMember> Members(IEnumerable<string> ids) => ids.Select(Member);

    private SimMember Member(string id) => World.Members[(int)Number(id) - 1];

    private static long Number(string text) => long.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);
}
