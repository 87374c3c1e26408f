using Orleans.Kpl.Cli.Commands;
using Orleans.Kpl.Cli.Terminal;

await using var output = StandardOutput.Open();
await using var input = StandardInput.Open();

return await KplCommand.RunAsync(args, ProcessHost.Of(input, output));
