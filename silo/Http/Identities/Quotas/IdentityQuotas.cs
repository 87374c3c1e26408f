using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Orleans.Kpl.Http.Answering;
using Orleans.Kpl.Http.Identities.Access;
using Orleans.Kpl.Http.Streaming;

namespace Orleans.Kpl.Http.Identities.Quotas;

/// <summary>
/// Holds each identity to its share of this process: requests and bytes under way, records and bytes a second. A request beyond it is refused
/// before anything of it was taken.
/// </summary>
internal sealed class IdentityQuotas(IdentityStore store, TimeProvider time)
{
    private static readonly IdentityQuota Usual = new();

    private readonly ConcurrentDictionary<string, IdentityUsage> _usage = new(StringComparer.Ordinal);

    /// <summary>When counting began.</summary>
    public DateTimeOffset Since { get; } = time.GetUtcNow();

    /// <summary>What each identity that sent anything uses.</summary>
    public IEnumerable<KeyValuePair<string, IdentityUsage>> Usage => _usage;

    /// <summary>Begins a request of an identity.</summary>
    /// <param name="identity">The identity's id.</param>
    /// <param name="bytes">The body's length; 0 if nobody announced it.</param>
    /// <param name="turn">The request under way, to be disposed of at its end.</param>
    /// <param name="refusal">Why it may not begin.</param>
    public bool TryEnter(string identity, long bytes, [NotNullWhen(true)] out QuotaTurn? turn, [NotNullWhen(false)] out QuotaRefusal? refusal)
    {
        var usage = _usage.GetOrAdd(identity, _ => new IdentityUsage(time));
        var quota = store.Current.Identities.TryGetValue(identity, out var known) ? known.Quota : Usual;
        refusal = usage.TryEnter(quota, bytes);
        turn = refusal is null ? new QuotaTurn(usage, quota, bytes) : null;
        return turn is not null;
    }

    /// <summary>Runs a request that puts records within its identity's share; any other as it is.</summary>
    public async Task RunAsync(HttpContext context, RequestDelegate next)
    {
        if (RouteAccessTable.Of(context) != RouteAccess.Produce || CallerRights.Of(context.User).Id is not { } identity || StreamedRequest.IsOf(context))
        {
            await next(context);
            return;
        }
        if (!TryEnter(identity, context.Request.ContentLength ?? 0, out var turn, out var refusal))
        {
            await ErrorAnswer.WriteAsync(context, refusal.ToAnswer(context));
            return;
        }
        using (turn)
        {
            context.Features.Set(turn);
            if (context.Request.ContentLength is null)
                context.Features.Set<IRequestBodyPipeFeature>(new CountedBody(context.Request.BodyReader, turn, context));
            await next(context);
        }
    }
}
