using System.Net.Sockets;

namespace Orleans.Kpl.Http.Serving;

/// <summary>Thrown when a tier or a silo cannot start, with the reasons: settings, or ports.</summary>
internal sealed class StartException(IReadOnlyList<string> errors, Exception? cause = null) : Exception(string.Join(Environment.NewLine, errors), cause)
{
    public IReadOnlyList<string> Errors { get; } = errors;

    /// <summary>Returns the exception for an error that a person can fix, else null.</summary>
    public static StartException? From(Exception error) => error switch
    {
        StartException known => known,
        KplOptionsException options => new StartException(options.Errors),
        KplCheckException check => new StartException(
            [.. check.Report.Lines.Where(static l => l.Status == KplCheckStatus.Failed).Select(static l => l.ToString())]),
        IOException or SocketException => new StartException([error.Message]),
        _ => null,
    };
}
