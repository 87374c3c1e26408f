using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Connections.Features;
using Orleans.Kpl.Administration;
using Orleans.Kpl.Http.Answering;
using Orleans.Kpl.Http.Guarding;
using Orleans.Kpl.Http.Identities.Quotas;
using Orleans.Kpl.Http.Reading;
using Orleans.Kpl.Logging;

namespace Orleans.Kpl.Http.Identities.Access;

/// <summary>
/// The requests whose sender is not believed: they are counted, a few of them are told in the log, and an address that has too many is answered
/// with 429. Who is known is never among them. Safe on any thread.
/// </summary>
/// <remarks>
/// Addresses share a fixed number of buckets, so that no number of them takes memory. Proving a token costs a thousand times as much as comparing a key:
/// where an address has failed too often, no token of it that is new is looked at. Keys and signatures are, because who has a good one must not pay for others.
/// </remarks>
internal sealed partial class FailedProofs : IDisposable
{
    public const string MeterName = "Orleans.Kpl.Http";

    /// <summary>Failures of one address that are answered as such, a second.</summary>
    public const int PerSecond = 20;

    /// <summary>So many at once: clients that start with a wrong key start together.</summary>
    public const int Burst = 100;

    /// <summary>Why a token was not looked at.</summary>
    public const string TooMany = "too many requests of this address were not believed";

    private const int Buckets = 4_096;

    private readonly BurstBucket[] _buckets;
    private readonly Meter _meter = new(MeterName, KplDiagnostics.Version);
    private readonly Counter<long> _failures;
    private readonly EventBudget _budget;
    private readonly ILogger _logger;
    private readonly ListenerLog _listeners;
    private readonly TrustedProxies _proxies;
    private readonly TimeProvider _time;

    public FailedProofs(TrustedProxies proxies, TimeProvider time, ILogger<FailedProofs> logger, ListenerLog listeners)
    {
        (_proxies, _time, _logger, _listeners) = (proxies, time, logger, listeners);
        _buckets = [.. Enumerable.Range(0, Buckets).Select(_ => new BurstBucket(Burst, time.GetTimestamp()))];
        _failures = _meter.CreateCounter<long>(
            "AuthenticationFailures", "{request}", "requests whose sender was not believed, or may not do what was asked for; with the tag `Reason`");
        _budget = new EventBudget(time, count => LogLeftOut(logger, count));
    }

    /// <summary>Whether the address of a request has failed too often lately.</summary>
    public bool AreTooMany(HttpContext context) => BucketOf(context) is { } bucket && !bucket.HasAny(PerSecond, Burst, _time.GetTimestamp(), _time);

    /// <summary>Notes a request whose sender is not believed.</summary>
    /// <param name="kind">Why, as one of a few words.</param>
    /// <param name="key">The id of the key that it names; null for none.</param>
    /// <param name="why">What the sender is told, which has no words of his own; null for no more than the kind.</param>
    /// <returns>Null where it may be told so; else what it is told: too many came from its address.</returns>
    public RequestRefusedException? Note(HttpContext context, string kind, string? key = null, string? why = null)
    {
        Count(context, kind, $"key {(key is null ? "-" : RequestText.Escape(key))}{(why is null ? "" : $": {why}")}");
        if (BucketOf(context) is not { } bucket || bucket.TryTake(PerSecond, Burst, _time.GetTimestamp(), _time))
            return null;
        context.Features.Get<IConnectionLifetimeNotificationFeature>()?.RequestClose();
        return new RequestRefusedException(
            StatusCodes.Status429TooManyRequests, HttpErrorCodes.TooManyFailures,
            string.Create(CultureInfo.InvariantCulture, $"more than {PerSecond} requests a second from this address were not believed; nothing was taken"), TimeSpan.FromSeconds(1));
    }

    /// <summary>Notes a request of somebody who is known, and may not do what was asked for.</summary>
    public void NoteForbidden(HttpContext context, string? identity) =>
        Count(context, "Forbidden", $"identity {(identity is null ? "-" : RequestText.Escape(identity))}");

    /// <summary>Notes a connection that ends because its certificate is not believed. No request of it is read, and its client learns no reason.</summary>
    public void NoteCertificate(EndPoint? client, string objection)
    {
        Count("Certificate");
        if (_budget.TryTake())
            LogCertificate(_logger, (client as IPEndPoint)?.Address.ToString() ?? "this process", objection);
    }

    public static (string Kind, string? Key) Describe(HttpRequest request) => CallerCredential.Read(request, isSchemeNeeded: false) switch
    {
        { } text when text.StartsWith(ApiKeyText.Prefix, StringComparison.Ordinal) => ("ApiKey", ApiKeyText.FindId(text)),
        not null => ("Token", null),
        null when request.Headers.Authorization.Count > 0 || request.Headers[CallerCredential.KeyHeader].Count > 0 => ("Malformed", null),
        null => (request.HttpContext.Features.Get<ClientCertificate>() is null ? "None" : "Certificate", null),
    };

    public void Dispose()
    {
        _budget.Dispose();
        _meter.Dispose();
    }

    private void Count(HttpContext context, string kind, string who)
    {
        Count(kind);
        if (_budget.TryTake() && _logger.IsEnabled(LogLevel.Warning))
            LogFailed(_logger, context.Request.Method, RequestText.TargetOf(context), RequestText.AddressOf(context), kind, who);
    }

    private void Count(string reason) => _failures.TryAdd(1, new TagList { { "Reason", reason } }, _listeners.Tell);

    private BurstBucket? BucketOf(HttpContext context) => context.Connection.RemoteIpAddress is not { } remote || _proxies.Has(remote)
        ? null
        : _buckets[(uint)TrustedProxies.KeyOf(remote).GetHashCode() % Buckets];

    [LoggerMessage(207, LogLevel.Warning, "{Method} {Target} from {Address} was refused: {Reason}, {Who}")]
    private static partial void LogFailed(ILogger logger, string method, string target, string address, string reason, string who);

    [LoggerMessage(209, LogLevel.Warning, "A TLS connection from {Address} was refused: {Objection}")]
    private static partial void LogCertificate(ILogger logger, string address, string objection);

    [LoggerMessage(208, LogLevel.Warning, "{Count} more requests were refused within a minute because of who sent them")]
    private static partial void LogLeftOut(ILogger logger, long count);
}
