namespace Orleans.Kpl.Cli.Commands;

/// <summary>Ends the command with one line for each message and an exit code.</summary>
internal sealed class CliException(int exitCode, IReadOnlyList<string> messages) : Exception(string.Join(Environment.NewLine, messages))
{
    /// <summary>One of <see cref="ExitCode"/>.</summary>
    public int Code { get; } = exitCode;

    /// <summary>The error messages, one line each.</summary>
    public IReadOnlyList<string> Messages { get; } = messages;

    /// <summary>The code with which a tier refused; null where it is about something else, or the exit code tells enough.</summary>
    public string? TierCode { get; init; }

    public static CliException BadArguments(params IReadOnlyList<string> messages) => new(ExitCode.BadArguments, messages);

    public static CliException Failed(string message) => new(ExitCode.SomeFailed, [message]);

    public static CliException NotThere(string message) => new(ExitCode.NotThere, [message]);

    public static CliException InputBroken(IOException error) => NotThere($"the input cannot be read to its end: {error.Message}");

    /// <summary>Returns an exception with the same messages and another exit code.</summary>
    public CliException As(int exitCode) => new(exitCode, Messages);
}

/// <summary>The exit codes of the process. Those of signals are 128 and the signal's number, as in shells.</summary>
internal static class ExitCode
{
    /// <summary>All records were delivered, or all were read.</summary>
    public const int Success = 0;

    /// <summary>Some records failed, the inspected record is damaged, or the tier is not well.</summary>
    public const int SomeFailed = 1;

    /// <summary>The arguments or settings are wrong.</summary>
    public const int BadArguments = 2;

    /// <summary>A tier, an endpoint, a stream or a program that the command needs does not exist, or the input cannot be read to its end.</summary>
    public const int NotThere = 3;

    /// <summary>Ctrl-C (SIGINT) ended the command before its work was complete.</summary>
    public const int Interrupted = 130;

    /// <summary>SIGTERM ended the command before its work was complete.</summary>
    public const int Terminated = 143;
}
