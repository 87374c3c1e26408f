using Orleans.Kpl.Cli.Commands;
using Orleans.Kpl.Cli.Terminal;

using var interruption = new Interruption();
await using var output = StandardOutput.Open();
await using var input = StandardInput.Open();

return await KplCommand.RunAsync(args, new CliHost
{
    Input = input,
    Output = output,
    Error = Console.Error,
    ErrorIsTerminal = !Console.IsErrorRedirected,
    OutputIsTerminal = !Console.IsOutputRedirected,
    InputIsTerminal = !Console.IsInputRedirected,
    Columns = static () => SizeOf(static () => Console.WindowWidth, 80),
    Rows = static () => SizeOf(static () => Console.WindowHeight, int.MaxValue),
    ReadKey = ReadKey,
    Environment = CliHost.Variables(),
    Directory = Environment.CurrentDirectory,
    Stop = interruption.Token,
    StopCode = () => interruption.ExitCode,
    LastWords = interruption.LastWords,
});

static char? ReadKey()
{
    try
    {
        return Console.ReadKey(intercept: true).KeyChar;
    }
    catch (Exception exception) when (exception is InvalidOperationException or IOException)
    {
        return null; // Standard input is no terminal any more.
    }
}

static int SizeOf(Func<int> read, int usual)
{
    try
    {
        return read() is > 0 and var size ? size : usual;
    }
    catch (IOException)
    {
        return usual; // Windows reads the size from standard output, which may not be a terminal even if standard error is.
    }
}
