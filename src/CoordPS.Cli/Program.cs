using CoordPS.Cli;

// Sockets' completions run on the thread that polls them rather than through the thread pool: what this process does with them never
// blocks, and a hand-over costs more than most requests. It has to be said before the first socket, and only a process of our own may.
Environment.SetEnvironmentVariable("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "1");
return await CommandLine.RunAsync(args).ConfigureAwait(false);
