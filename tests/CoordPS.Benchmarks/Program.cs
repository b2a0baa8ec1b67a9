using System.Globalization;
using BenchmarkDotNet.Running;
using CoordPS.Benchmarks;

// dotnet run -c Release --project tests/CoordPS.Benchmarks -- --filter '*'
// dotnet run -c Release --project tests/CoordPS.Benchmarks -- failover COORDPS ROUNDS TICKTIME    (build/failover-compare.sh)
if (args is ["failover", string executable, string rounds, string tickTime])
    return await LeaderLossComparison.RunAsync(executable, int.Parse(rounds, CultureInfo.InvariantCulture), int.Parse(tickTime, CultureInfo.InvariantCulture));
BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
return 0;
