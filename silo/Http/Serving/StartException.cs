using System.Net.Sockets;

namespace Orleans.Kpl.Http.Serving;

/// <summary>A tier or a silo cannot start, and why: settings, or ports.</summary>
internal sealed class StartException(IReadOnlyList<string> errors, Exception? cause = null) : Exception(string.Join(Environment.NewLine, errors), cause)
{
    public IReadOnlyList<string> Errors { get; } = errors;

    /// <summary>The exception for what a person can mend, else null.</summary>
    public static StartException? From(Exception error) => error switch
    {
        StartException known => known,
        KplOptionsException options => new StartException(options.Errors),
        IOException or SocketException => new StartException([error.Message]),
        _ => null,
    };
}
