using BenchmarkDotNet.Running;

// dotnet run -c Release --project tests/CoordPS.Benchmarks -- --filter '*'
BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
