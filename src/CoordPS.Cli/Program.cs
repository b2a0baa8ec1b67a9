using CoordPS.Cli;

return await CommandLine.RunAsync(args).ConfigureAwait(false);
