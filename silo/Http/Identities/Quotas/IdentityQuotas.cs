using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Http.Features;
using Orleans.Kpl.Http.Answering;
using Orleans.Kpl.Http.Identities.Access;
using Orleans.Kpl.Http.Streaming;
using Orleans.Kpl.Quotas;

namespace Orleans.Kpl.Http.Identities.Quotas;

/// <summary>
/// Holds each identity to its quotas: requests and bytes under way in this process, records and bytes a second in all silos together. A request
/// beyond them is refused before anything of it was taken.
/// </summary>
internal sealed class IdentityQuotas(IdentityStore store, QuotaShares shares, IngestGate gate, TimeProvider time)
{
    private static readonly IdentityQuota Usual = new();

    private readonly ConcurrentDictionary<string, IdentityUsage> _usage = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();
    private IReadOnlyList<QuotaDemand> _demands = [];
    private long _demandsAt = time.GetTimestamp();

    /// <summary>When counting began.</summary>
    public DateTimeOffset Since { get; } = time.GetUtcNow();

    /// <summary>The usage of each identity that sent anything.</summary>
    public IEnumerable<KeyValuePair<string, IdentityUsage>> Usage => _usage;

    /// <summary>Begins a request of an identity.</summary>
    /// <param name="bytes">The body's length; 0 if nobody announced it.</param>
    /// <param name="charge">The request under way, to be disposed of at its end.</param>
    /// <param name="refusal">Why it may not begin.</param>
    public bool TryEnter(
        string identity, long bytes, [NotNullWhen(true)] out QuotaCharge? charge, [NotNullWhen(false)] out QuotaRefusal? refusal)
    {
        var usage = UsageOf(identity);
        var quota = QuotaOf(identity);
        refusal = usage.TryEnter(quota, bytes);
        charge = refusal is null ? new QuotaCharge(usage, quota, bytes) : null;
        return charge is not null;
    }

    /// <summary>Begins a request of an identity that puts nothing: it is under way until it is disposed of, and uses no other quota.</summary>
    /// <returns>The request; null where as many are under way as may be.</returns>
    public IDisposable? TryAsk(string identity)
    {
        var (usage, quota) = (UsageOf(identity), QuotaOf(identity));
        return usage.TryAsk(quota) ? new QuotaCharge(usage, quota, 0) : null;
    }

    /// <summary>Returns what identities wanted of their quotas a second, lately.</summary>
    /// <param name="least">The least time to measure in; earlier calls get what the last one got.</param>
    public IReadOnlyList<QuotaDemand> TakeDemands(TimeSpan least)
    {
        lock (_lock)
        {
            var now = time.GetTimestamp();
            if (time.GetElapsedTime(_demandsAt, now) is var since && since >= least)
            {
                _demands = [.. _usage.Select(u => u.Value.TakeDemand(QuotaOf(u.Key), since)).OfType<QuotaDemand>()];
                _demandsAt = now;
            }

            return _demands;
        }
    }

    /// <summary>
    /// Runs a request that puts records within its identity's quotas; any other as it is. What the process as a whole cannot take now is refused
    /// first, and takes nothing of a quota a second.
    /// </summary>
    public async Task RunAsync(HttpContext context, RequestDelegate next)
    {
        if (RouteAccessTable.Of(context) != RouteAccess.Produce || gate.IsDraining || CallerRights.Of(context.User).Id is not { } identity
            || StreamedRequest.IsOf(context))
        {
            await next(context);
            return;
        }
        if (!TryBegin(context, identity, out var charge, out var refusal))
        {
            await ErrorAnswer.WriteAsync(context, refusal.ToAnswer(context));
            return;
        }
        using (charge)
        {
            await next(context);
            // These mean that nothing was taken (docs/http.md): the identity did not use what it was not given.
            if (context.Response.StatusCode
                is StatusCodes.Status413PayloadTooLarge or StatusCodes.Status429TooManyRequests or StatusCodes.Status503ServiceUnavailable)
                charge.Refund();
            else if (context.RequestAborted.IsCancellationRequested)
                charge.Refund(isRefused: false);
        }
    }

    /// <summary>Begins a request of an identity before its body is read. A body whose length nobody announced is charged as it arrives.</summary>
    /// <inheritdoc cref="TryEnter"/>
    public bool TryBegin(
        HttpContext context, string identity, [NotNullWhen(true)] out QuotaCharge? charge, [NotNullWhen(false)] out QuotaRefusal? refusal)
    {
        if (!TryEnter(identity, context.Request.ContentLength ?? 0, out charge, out refusal))
            return false;
        context.Features.Set(charge);
        if (context.Request.ContentLength is null)
            context.Features.Set<IRequestBodyPipeFeature>(new CountedBody(context.Request.BodyReader, charge, context));
        return true;
    }

    public IdentityUsage UsageOf(string identity) => _usage.GetOrAdd(identity, i => new IdentityUsage(time, i, shares));

    /// <summary>Returns the quotas that are in force now.</summary>
    public IdentityQuota QuotaOf(string identity) => store.Current.Identities.TryGetValue(identity, out var known) ? known.Quota : Usual;
}
