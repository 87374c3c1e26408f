using Orleans.Kpl.Cli.Terminal;
using Orleans.Kpl.ClusterBench;

using var interruption = new Interruption();
await using var output = StandardOutput.Open();

return await ClusterBenchCommand.RunAsync(args, new CliHost
{
    Input = Stream.Null,
    Output = output,
    Error = Console.Error,
    ErrorIsTerminal = !Console.IsErrorRedirected,
    Environment = CliHost.Variables(),
    Directory = Environment.CurrentDirectory,
    Stop = interruption.Token,
    StopCode = () => interruption.ExitCode,
    LastWords = interruption.LastWords,
});
