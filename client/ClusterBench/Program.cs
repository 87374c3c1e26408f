using System.Collections;
using Orleans.Kpl.Cli.Terminal;
using Orleans.Kpl.ClusterBench;

using var interruption = new Interruption();
await using var output = StandardOutput.Open();

var environment = new Dictionary<string, string>(OperatingSystem.IsWindows() ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal);
foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables())
    environment[(string)variable.Key] = (string?)variable.Value ?? "";

return await ClusterBenchCommand.RunAsync(args, new CliHost
{
    Input = Stream.Null,
    Output = output,
    Error = Console.Error,
    ErrorIsTerminal = !Console.IsErrorRedirected,
    Environment = environment,
    Directory = Environment.CurrentDirectory,
    Stop = interruption.Token,
    StopCode = () => interruption.ExitCode,
    LastWords = interruption.LastWords,
});
