using CoordPS.Server;
using Microsoft.Extensions.Logging;

using ILoggerFactory loggers = LoggerFactory.Create(b => b.AddSimpleConsole(o => o.SingleLine = true));
await using ZooKeeperServer server = await ZooKeeperServer.StartAsync(ServerConfig.Load(args[1]), loggers);
using var term = System.Runtime.InteropServices.PosixSignalRegistration.Create(System.Runtime.InteropServices.PosixSignal.SIGTERM, c => { c.Cancel = true; _ = server.StopAsync(); });
await server.Completion;
return 0;
