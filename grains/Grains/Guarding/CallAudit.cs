using Microsoft.Extensions.Logging;
using Orleans.Kpl.Certificates;
using Orleans.Kpl.Logging;

namespace Orleans.Kpl.Grains.Guarding;

/// <summary>
/// Writes a line for each call of administration that comes through a gateway, as HTTP does for its own: by which key, from which client, what, and how it
/// ended.
/// </summary>
internal sealed partial class CallAudit(ILoggerFactory loggers)
{
    private readonly ILogger _logger = loggers.CreateLogger(AuditLog.Category);

    /// <summary>A client names the grain, and itself: both may be anything, and must not make up lines.</summary>
    public static string Told(string? text) => CertificateNames.Told(text ?? "").Replace(' ', '?');

    /// <summary>Runs a call, and writes its line.</summary>
    public async Task RunAsync(IIncomingGrainCallContext context, Type target, string key)
    {
        var (stream, source) = (Told(context.TargetId.Key.ToString()), Told(context.SourceId?.ToString()));
        try
        {
            await context.Invoke();
            LogCall(_logger, target.Name, context.MethodName, stream, key, source, "done");
        }
        catch (Exception failed)
        {
            LogCall(_logger, target.Name, context.MethodName, stream, key, source, (failed as StreamManagerException)?.Code ?? failed.GetType().Name);
            throw;
        }
    }

    [LoggerMessage(96, LogLevel.Information, "Audit: {Target}.{Method} of {Stream} by admin key {Key} from {Source}: {Outcome}")]
    private static partial void LogCall(ILogger logger, string target, string method, string stream, string key, string source, string outcome);
}
