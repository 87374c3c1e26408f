using Orleans.Kpl.Logging;

namespace Orleans.Kpl.Http.Answering;

/// <summary>Tells of listeners of metrics and spans that throw: the requests go on without them.</summary>
internal sealed partial class ListenerLog(ILogger<ListenerLog> logger, TimeProvider time) : IDisposable
{
    private readonly EventBudget _budget = new(time, count => LogLeftOut(logger, count));

    public void Tell(string listener, Exception error)
    {
        if (_budget.TryTake())
            LogThrew(logger, error, listener);
    }

    public void Dispose() => _budget.Dispose();

    [LoggerMessage(203, LogLevel.Error, "{Listener} threw; no request is affected")]
    private static partial void LogThrew(ILogger logger, Exception error, string listener);

    [LoggerMessage(204, LogLevel.Error, "Listeners of metrics or spans threw {Count} more times within a minute")]
    private static partial void LogLeftOut(ILogger logger, long count);
}
