using Microsoft.Extensions.Logging;
using Orleans.Kpl.Adapters.Logging;
using Orleans.Kpl.Administration;
using Orleans.Kpl.Certificates;
using Orleans.Kpl.Logging;

namespace Orleans.Kpl.Grains.Guarding;

/// <summary>
/// Leaves clients the grains that take records. Who is a silo is told by the secret alone, for a client writes the sender of its calls itself; who may
/// administer, by a token.
/// </summary>
/// <param name="keys">The keys of tokens; null where no client may administer.</param>
/// <param name="scope">What the silo is for.</param>
internal sealed partial class CallGuard(SiloSecret secret, AdminKeys? keys, GuardScope scope, TimeProvider time, ILoggerFactory loggers)
    : IIncomingGrainCallFilter, IDisposable
{
    private readonly GuardedLogger _logger = GuardedLogger.Of(loggers);
    private readonly CallAudit _audit = new(loggers);
    private readonly EventBudget _budget = new(time, count => LogLeftOut(GuardedLogger.Of(loggers), count));

    public Task Invoke(IIncomingGrainCallContext context)
    {
        var target = context.Request.GetInterfaceType();
        return GrainReaches.Of(target) switch
        {
            GrainReach.Everybody => context.Invoke(),
            GrainReach.Foreign => InvokeForeign(context, target),
            var reach => InvokeOwnAsync(context, target, reach),
        };
    }

    public void Dispose() => _budget.Dispose();

    private async Task InvokeOwnAsync(IIncomingGrainCallContext context, Type target, GrainReach reach)
    {
        var isSilo = await secret.IsSameAsync(RequestContext.Get(SiloSecret.Header) as string);
        var key = isSilo || reach == GrainReach.Silos ? null : FindKey(context);
        if (!isSilo && key is null)
        {
            Tell(target, context);
            throw new StreamManagerException(
                StreamManagerErrorCodes.NotAuthorized,
                reach == GrainReach.Silos ? $"{target.Name} is for silos alone"
                : keys is null ? "no client may administer: Kpl:Cluster:AdminKeyFile is not set on the silos"
                : "administering needs the key of Kpl:Cluster:AdminKeyFile, and clocks that agree");
        }
        // Neither goes further with what this call makes of it.
        RequestContext.Remove(SiloSecret.Header);
        RequestContext.Remove(AdminToken.Header);
        if (key is null)
            await context.Invoke();
        else
            await _audit.RunAsync(context, target, key);
    }

    private Task InvokeForeign(IIncomingGrainCallContext context, Type target)
    {
        if (!scope.IsTierOnly || !IsClient(context.SourceId) || GrainReaches.IsOfEveryClient(target))
            return context.Invoke();
        Tell(target, context);
        throw new UnauthorizedAccessException($"{target.Name} is not for clients");
    }

    /// <summary>Returns the name of the key by which a client proves that it may administer; null if it does not.</summary>
    private string? FindKey(IIncomingGrainCallContext context) =>
        keys is not null && RequestContext.Get(AdminToken.Header) is string token
            ? AdminToken.FindKey(token, keys.Current, new AdminCall(scope.Cluster, context.TargetId.Key.ToString() ?? "", context.MethodName), time.GetUtcNow())
            : null;

    /// <summary>Whether a call says that it comes from a client. What a silo does outside of grains, membership above all, looks like a client's too.</summary>
    private static bool IsClient(GrainId? source) =>
        source is { } id && id.IsClient() && id.Key.ToString()?.StartsWith("hosted-", StringComparison.Ordinal) != true;

    private void Tell(Type target, IIncomingGrainCallContext context)
    {
        if (_budget.TryTake())
            LogRefused(_logger, CallAudit.Told(context.SourceId?.ToString()), target.Name, context.MethodName);
    }

    [LoggerMessage(94, LogLevel.Warning, "A call of {Source} to {Target}.{Method} was refused: it is not for clients, or lacks a token")]
    private static partial void LogRefused(ILogger logger, string source, string target, string method);

    [LoggerMessage(95, LogLevel.Warning, "{Count} more calls that are not for clients were refused within a minute")]
    private static partial void LogLeftOut(ILogger logger, long count);
}

/// <summary>The purpose of a guarded silo.</summary>
/// <param name="IsTierOnly">Whether it has no grains but this library's: then clients may call nothing else.</param>
internal sealed record GuardScope(string Cluster, bool IsTierOnly);

/// <summary>
/// Writes a line for each call of administration that comes through a gateway, as HTTP does for its own: by which key, from which client, what, and how it
/// ended.
/// </summary>
internal sealed partial class CallAudit(ILoggerFactory loggers)
{
    private readonly GuardedLogger _logger = GuardedLogger.Of(loggers, AuditLog.Category);

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
