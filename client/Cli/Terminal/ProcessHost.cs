using Orleans.Kpl.Cli.Commands;

namespace Orleans.Kpl.Cli.Terminal;

/// <summary>The environment of a command that has a process of its own: Ctrl-C and SIGTERM stop it.</summary>
internal static class ProcessHost
{
    /// <summary>They are heard for as long as the process runs, whatever a command keeps of its environment.</summary>
    private static readonly StopSignals Signals = new();

    public static CliHost Of(Stream input, Stream output) => new()
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
        Stop = Signals.Token,
        StopCode = () => Signals.IsTerminated ? ExitCode.Terminated : ExitCode.Interrupted,
        LastWords = Signals.LastWords,
    };

    private static char? ReadKey()
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

    private static int SizeOf(Func<int> read, int usual)
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
}
