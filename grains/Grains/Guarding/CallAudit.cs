using Microsoft.Extensions.Logging;
using Orleans.Kpl.Logging;

namespace Orleans.Kpl.Grains.Guarding;

/// <summary>
/// Writes a line for each call of administration that comes through a gateway, as HTTP does for its own: by which key, from which client, what, and how it
/// ended.
/// </summary>
internal sealed partial class CallAudit(ILoggerFactory loggers)
{
    private const int LongestStream = 200;

    private readonly ILogger _logger = loggers.CreateLogger(AuditLog.Category);

    /// <summary>Runs a call, and writes its line.</summary>
    public async Task RunAsync(IIncomingGrainCallContext context, Type target, string key)
    {
        // A client names the grain: it may be anything.
        var stream = context.TargetId.Key.ToString() ?? "";
        stream = string.Concat((stream.Length > LongestStream ? stream[..LongestStream] : stream).Select(static c => c is > ' ' and <= '~' ? c : '?'));
        try
        {
            await context.Invoke();
            LogCall(_logger, target.Name, context.MethodName, stream, key, context.SourceId, "done");
        }
        catch (Exception failed)
        {
            LogCall(_logger, target.Name, context.MethodName, stream, key, context.SourceId, (failed as StreamManagerException)?.Code ?? failed.GetType().Name);
            throw;
        }
    }

    [LoggerMessage(96, LogLevel.Information, "Audit: {Target}.{Method} of {Stream} by admin key {Key} from {Source}: {Outcome}")]
    private static partial void LogCall(ILogger logger, string target, string method, string stream, string key, GrainId? source, string outcome);
}
