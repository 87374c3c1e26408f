using Orleans.Kpl.Cli.Terminal;
using Orleans.Kpl.ClusterBench;

await using var output = StandardOutput.Open();

return await ClusterBenchCommand.RunAsync(args, ProcessHost.Of(Stream.Null, output));
