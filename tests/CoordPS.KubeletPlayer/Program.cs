using System.Globalization;
using System.Runtime.InteropServices;
using CoordPS.Kubernetes;
using CoordPS.KubeletPlayer;

// usage: kubelet-player [--kubeconfig PATH] [--namespace NAME | --all-namespaces] [--ready-after SECONDS]
// Writes "playing NODE" when it plays, and plays until its standard input ends or it is told to end.
string? kubeconfig = Environment.GetEnvironmentVariable("COORDPS_TEST_KUBECONFIG"), ns = null;
bool all = false;
TimeSpan readyAfter = TimeSpan.Zero;
for (int i = 0; i < args.Length; i++)
{
    switch (args[i])
    {
        case "--kubeconfig" when i + 1 < args.Length:
            kubeconfig = args[++i];
            break;
        case "--namespace" when i + 1 < args.Length:
            ns = args[++i];
            break;
        case "--all-namespaces":
            all = true;
            break;
        case "--ready-after" when i + 1 < args.Length && double.TryParse(args[i + 1], CultureInfo.InvariantCulture, out double seconds):
            readyAfter = TimeSpan.FromSeconds(seconds);
            i++;
            break;
        default:
            Console.Error.WriteLine($"kubelet-player: '{args[i]}' is not understood; usage: kubelet-player [--kubeconfig PATH] [--namespace NAME | --all-namespaces] [--ready-after SECONDS]");
            return 2;
    }
}

using var stop = new CancellationTokenSource();
using PosixSignalRegistration term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop), interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
try
{
    using KubernetesClient client = KubernetesClient.Load(kubeconfig, namespaceOverride: ns);
    await using KubeletPlayer player = await KubeletPlayer.StartAsync(client, all, readyAfter, stop.Token);
    Console.WriteLine($"playing {player.NodeName}");
    Task input = Task.Run(() => Console.In.ReadToEnd());
    await Task.WhenAny(input, Task.Delay(Timeout.Infinite, stop.Token), player.Completion);
    if (player.Completion.IsFaulted)
        await player.Completion;
    return 0;
}
catch (KubernetesException e)
{
    Console.Error.WriteLine($"kubelet-player: {e.Message} {e.RecommendedAction}");
    return 1;
}

void Stop(PosixSignalContext context)
{
    context.Cancel = true;
    stop.Cancel();
}
