using Microsoft.Extensions.Logging;

namespace Orleans.Kpl.Host.Clustering;

/// <summary>
/// Ends the process where Orleans cannot go on, mostly because the others have declared this silo dead: it owns nothing any more, and must not drain. Orleans'
/// own handler ends it too, and tells why among four hundred lines of stack.
/// </summary>
internal sealed partial class FatalEnd(ILogger<FatalEnd> logger) : IFatalErrorHandler
{
    public bool IsUnexpected(Exception exception) => exception is not ThreadAbortException;

    public void OnFatalException(object? sender, string? context, Exception? exception)
    {
        // Only the loss of membership comes without an exception.
        var why = exception is null
            ? "The other silos had no answer from this one and declared it dead, so it ends at once, without a drain: see docs/membership.md"
            : $"Orleans cannot go on ({context})";
        LogEnd(why, exception);
        // The stack of the end is that of its thread, and says nothing here.
        var end = new Thread(() => Environment.FailFast(why, exception));
        end.Start();
        end.Join();
    }

    [LoggerMessage(108, LogLevel.Critical, "{Why}")]
    private partial void LogEnd(string why, Exception? error);
}
