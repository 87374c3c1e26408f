using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using Orleans.Kpl.Http.Administering;
using Orleans.Kpl.Http.Answering;
using Orleans.Kpl.Http.Reading;
using Orleans.Kpl.Quotas;

namespace Orleans.Kpl.Http.Identities.Quotas;

/// <summary>
/// <c>/admin/identities</c>: bans identities and changes their quotas for a while, on all silos at once. The file of identities says what holds
/// for good.
/// </summary>
internal sealed class IdentityEndpoints(
    IdentityStore store, IdentityOverrides overrides, QuotaExchange exchange, TimeProvider time, IOptions<KplHttpOptions> options)
{
    public const string Path = "/admin/identities";

    public const string OnePath = Path + "/{identity}";

    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Longest = TimeSpan.FromDays(365);

    public Task ListAsync(HttpContext context)
    {
        var (inForce, keys) = (overrides.InForce(), KeyState.Of(store));
        var identities = store.Current.Identities.Values.OrderBy(static i => i.Id, StringComparer.Ordinal);
        return AdminBody.WriteAsync(context, new JsonObject { ["identities"] = identities.ToJson(i => IdentityJson.Of(i, inForce, keys[i.Id])) });
    }

    public async Task BanAsync(HttpContext context)
    {
        var request = await AdminBody.ReadAsync(context, IdentityRequests.Default.BanRequest);
        var identity = Find(context);
        if (identity == CallerRights.Of(context.User).Id)
            throw RequestRefusedException.BadRequest(HttpErrorCodes.BadRequest, $"{identity} cannot ban itself: it could not take that back");
        await SetAsync(context, new QuotaOverride { Identity = identity, Kind = QuotaOverrideKind.Ban, Until = UntilOf(request.For), By = CallerOf(context) });
    }

    public async Task SetQuotaAsync(HttpContext context)
    {
        var request = await AdminBody.ReadAsync(context, IdentityRequests.Default.QuotaRequest);
        var (identity, given) = (Find(context), request.Given());
        if (given.Count == 0)
            throw RequestRefusedException.BadRequest(HttpErrorCodes.BadRequest, $"no quota is given: {string.Join(", ", IdentityQuota.Ranges.Select(static r => r.Name))}");
        string[] errors =
        [
            .. IdentityQuota.Ranges.Where(r => given.TryGetValue(r.Name, out var value) && (value < r.Least || value > r.Most))
                .Select(r => string.Create(CultureInfo.InvariantCulture, $"{r.Name} is {given[r.Name]}: it must be {r.Least} to {r.Most}")),
        ];
        if (errors.Length > 0)
            throw RequestRefusedException.BadRequest(HttpErrorCodes.BadRequest, string.Join("; ", errors));
        await SetAsync(context, new QuotaOverride
        {
            Identity = identity, Kind = QuotaOverrideKind.Quota, Until = UntilOf(request.For), By = CallerOf(context), Quotas = given,
        });
    }

    /// <summary>Takes back whatever is in force, so that the file alone counts. Where nothing is, that is not an error.</summary>
    public Task RestoreAsync(HttpContext context)
    {
        var identity = Find(context);
        overrides.TryLift(identity, exchange.Self, CallerOf(context));
        return AnswerAsync(context, identity);
    }

    private static string CallerOf(HttpContext context) => CallerRights.Of(context.User).Id ?? "";

    private string Find(HttpContext context)
    {
        var identity = (string)context.GetRouteValue("identity")!;
        return store.Current.Identities.ContainsKey(identity)
            ? identity
            : throw new RequestRefusedException(StatusCodes.Status404NotFound, HttpErrorCodes.NotFound, $"no identity is called '{identity}'");
    }

    private DateTimeOffset UntilOf(string text) => DurationText.TryParseWithUnit(text, Shortest, Longest, out var duration)
        ? time.GetUtcNow() + duration
        : throw RequestRefusedException.BadRequest(HttpErrorCodes.BadRequest, $"for: '{text}' {DurationText.Refuse(text, Shortest, Longest, "24h")}");

    private Task SetAsync(HttpContext context, QuotaOverride change) => overrides.TrySet(change, exchange.Self)
        ? AnswerAsync(context, change.Identity)
        : throw RequestRefusedException.TooMany(
            $"{IdentityOverrides.Most} bans and quotas hold for a while already, and no more may: write them into the file", options.Value.RetryAfter);

    /// <summary>Tells the other silos first, and answers with those that know.</summary>
    private async Task AnswerAsync(HttpContext context, string identity)
    {
        // A client that hangs up does not stop it: it is in force here already.
        var (told, notTold) = await exchange.ExchangeAsync(CancellationToken.None);
        if (!store.Current.Identities.TryGetValue(identity, out var known))
            throw new RequestRefusedException(StatusCodes.Status404NotFound, HttpErrorCodes.NotFound, $"'{identity}' was taken out of the file meanwhile");
        var answer = IdentityJson.Of(known, overrides.InForce(), KeyState.Of(store)[identity]);
        (answer["told"], answer["not_told"]) = (told.ToJson(), notTold.ToJson());
        await AdminBody.WriteAsync(context, answer);
    }
}
