namespace Orleans.Kpl.Cli.Commands;

/// <summary>Ends the command with one line for each message and an exit code.</summary>
internal sealed class CliException : Exception
{
    private CliException(int exitCode, IReadOnlyList<string> messages)
        : base(string.Join(Environment.NewLine, messages))
    {
        Code = exitCode;
        Messages = messages;
    }

    /// <summary>One of <see cref="ExitCode"/>.</summary>
    public int Code { get; }

    /// <summary>The error messages, one line each.</summary>
    public IReadOnlyList<string> Messages { get; }

    public static CliException BadArguments(params IReadOnlyList<string> messages) => new(ExitCode.BadArguments, messages);

    public static CliException Failed(string message) => new(ExitCode.SomeFailed, [message]);

    public static CliException NotThere(string message) => new(ExitCode.NotThere, [message]);

    /// <summary>Returns an exception with the same messages and another exit code.</summary>
    public CliException As(int exitCode) => new(exitCode, Messages);
}
